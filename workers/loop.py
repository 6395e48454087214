"""The event loop that all jobs of a worker run in."""

import dramatiq
import uvloop
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.middleware import AsyncIO


class FastLoop(AsyncIO):
    """Dramatiq's middleware with uvloop, as the API has it: a job is a dozen waits for Postgres."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        del broker, worker
        thread = EventLoopThread(self.logger)
        thread.loop.close()
        thread.loop = uvloop.new_event_loop()
        thread.start(timeout=1.0)
        set_event_loop_thread(thread)


def running_loop() -> EventLoopThread:
    """The loop of this process's worker, once that has started."""
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("the worker's event loop does not run")
    return thread
