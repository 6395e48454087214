"""One worker process: ``python -m workers``.

Dramatiq's own command forks several and stops them all when one dies; here whoever starts processes, a
container's orchestrator or ``taskoverflow up``, restarts the one.
"""

import gc
import os
import signal
import threading

import dramatiq
import structlog

from app.logs import configure_logs
from app.queue.startup import require_broker
from app.settings import Settings, read_settings
from app.tracing.start import start_tracing
from workers.main import PATIENCE, make_broker

log = structlog.get_logger(__name__)

_STOPS = (signal.SIGTERM, signal.SIGINT)
_LOOK_MS = 250
"""How often what waits for a message, and hears of one at once, looks whether it is to stop."""

_AFTER_DRAIN_MS = 5_000
"""For jobs to be given back once the drain time is over."""


def main() -> None:
    """Work until SIGTERM or SIGINT, then drain."""
    settings = read_settings(Settings)
    configure_logs(settings.log_format, settings.log_level)
    stop = threading.Event()
    # A second signal changes nothing: the drain has its own end.
    for number in _STOPS:
        signal.signal(number, lambda *_: stop.set())
    # The command line put them off: a container's first process misses those that it has no handler for.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    require_broker(settings, patience=PATIENCE, consumes=True)
    broker = make_broker(settings, start_tracing("taskoverflow-worker"))
    worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=_LOOK_MS)
    worker.start()
    # Nothing that loading has made is ever garbage: not to be looked through while jobs wait for that.
    gc.freeze()
    log.info("worker_ready", threads=settings.worker_threads)
    stop.wait()
    log.info("worker_draining", at_most=str(settings.drain_seconds))
    try:
        worker.stop(timeout=int(settings.drain_seconds.total_seconds() * 1000) + _AFTER_DRAIN_MS)
        broker.close()
    except Exception:
        # Dramatiq's event loop would keep a process alive that was not stopped in order.
        log.exception("worker_not_stopped_in_order")
        os._exit(1)
    log.info("worker_stopped")


if __name__ == "__main__":
    main()
