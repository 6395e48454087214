"""What a worker is made of; ``dramatiq workers.main:assemble`` loads it as well as ``python -m workers``."""

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

import dramatiq
import structlog
from dramatiq.common import iter_queue
from dramatiq.middleware import Middleware, Retries
from sqlalchemy.ext.asyncio import AsyncEngine

from app.metrics.worker import WorkerMetrics
from app.queue.broker import JobBroker
from app.queue.open import open_broker
from app.queue.publisher import Publisher
from app.settings import Settings, read_settings
from app.storage.database import open_engine, open_sessions
from app.storage.s3 import S3
from app.storage.upload import Uploads
from app.tracing.tracing import OFF, Tracing
from workers.actors import Actors
from workers.loop import FastLoop, running_loop
from workers.object_sweep import ObjectSweep
from workers.protecting import Protecting
from workers.runtime import Runtime
from workers.scrapes import Scrapes
from workers.sweeper import Sweeper

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=15)
"""How long the consumer waits for the broker to answer: for so long a worker is deaf whose connection died
without a word. An ack that gives up in a stall is done twice, which is harmless."""

_LOOK_SECONDS = 0.05
_SWEEP_ENDS_SECONDS = 5
"""How long a worker that stops waits for its sweeper, which may wait for a broker or for Postgres."""
_CONNECTIONS_PER_JOB = 3
"""One reads todos, one writes the file, one carries the heartbeat."""
_CONNECTIONS_TO_SWEEP = 3
"""One for the jobs that are open, one for feeds, one for what is old."""


def assemble() -> None:
    """Make the process's broker from the environment."""
    dramatiq.set_broker(make_broker(read_settings(Settings)))


def make_broker(settings: Settings, tracing: Tracing = OFF) -> JobBroker:
    """Make a broker with all that its worker needs."""
    lifecycle = Lifecycle(settings, tracing)
    # No more than these: each middleware costs time on every message, and what Dramatiq's do for retries,
    # time limits and results is the row's and the sweeper's business here.
    broker = open_broker(
        settings, patience=PATIENCE, middleware=[Retries(max_retries=0), FastLoop(), lifecycle]
    )
    lifecycle.actors = Actors(broker)
    return broker


class Lifecycle(Middleware):
    """Opens connections in the worker's event loop when it starts, and closes them there when it ends."""

    actors: Actors

    def __init__(self, settings: Settings, tracing: Tracing = OFF) -> None:
        self._settings = settings
        self._tracing = tracing
        self._stopped = Event()
        self._engine: AsyncEngine | None = None
        self._s3 = S3()
        self._publisher: Publisher | None = None
        self._sweeper: Sweeper | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._scrapes: Scrapes | None = None
        self._protecting: Protecting | None = None

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        del broker, worker
        try:
            running_loop().run_coroutine(self._open())
        except Exception:
            # Dramatiq would go on without, and make a dead letter of every message.
            log.exception("worker_not_started")
            os._exit(1)

    async def _open(self) -> None:
        settings = self._settings
        # The sweeper needs its own as well, and so may not wait for the jobs to end.
        size = settings.worker_threads * _CONNECTIONS_PER_JOB + _CONNECTIONS_TO_SWEEP
        self._engine = open_engine(settings.database_url, pool_size=size, name="taskoverflow-worker")
        self._tracing.statements_of(self._engine)
        sessions = open_sessions(self._engine)
        metrics = WorkerMetrics.new()
        self.actors.runtime = Runtime(
            sessions,
            settings,
            metrics=metrics.attempts,
            tracing=self._tracing,
            uploads=None if settings.result_url is None else Uploads(self._s3, settings.result_url),
        )
        self._publisher = Publisher.open(settings, metrics=metrics.sends, tracing=self._tracing)
        self._sweeper = Sweeper(
            sessions, self._publisher, settings, metrics.sweeps, self._tracing, ObjectSweep(self._s3)
        )
        self._sweeping = asyncio.create_task(self._sweeper.run())
        self._protecting = Protecting.start(settings, self.actors.runtime.running, metrics.protection)
        if settings.metrics_port is not None:
            self._scrapes = Scrapes.open(settings, metrics, port=settings.metrics_port)

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Let jobs go on for the drain time; those that need longer are given back, and at once the rest."""
        runtime = self.actors.runtime
        if runtime is not None:
            loop = running_loop().loop
            loop.call_soon_threadsafe(
                loop.call_later, self._settings.drain_seconds.total_seconds(), runtime.give_up
            )
            if self._protecting is not None:
                loop.call_soon_threadsafe(self._protecting.let_go)
        if isinstance(broker, JobBroker):
            broker.draining.set()
        # On a thread of its own, since a broker that stalls must not hold up the drain; again and again,
        # since a message may just be on its way from the broker.
        Thread(target=self._give_back_fetched, args=(worker,), name="giving-back", daemon=True).start()

    def _give_back_fetched(self, worker: dramatiq.Worker) -> None:
        """Let other workers have what was fetched ahead, and not only when the last job here has ended."""
        while not self._stopped.wait(_LOOK_SECONDS):
            fetched: dict[str, list[dramatiq.MessageProxy]] = {}
            for item in iter_queue(worker.work_queue):
                fetched.setdefault(item.message.queue_name, []).append(item.message)
            for queue_name, messages in fetched.items():
                try:
                    worker.consumers[queue_name].requeue_messages(messages)
                except Exception as error:  # noqa: BLE001 - whatever it was, the sweeper rings again
                    log.warning("messages_not_given_back", count=len(messages), reason=str(error))

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        del broker, worker
        self._stopped.set()
        running_loop().run_coroutine(self._close())

    async def _close(self) -> None:
        if self._sweeper is not None and self._sweeping is not None:
            self._sweeper.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sweeping, _SWEEP_ENDS_SECONDS)
        if self._protecting is not None:
            await self._protecting.stop()
        if self._scrapes is not None:
            await self._scrapes.close()
        if self._publisher is not None:
            await self._publisher.aclose()
        self._s3.close()
        if self._engine is not None:
            await self._engine.dispose()
        await asyncio.to_thread(self._tracing.close)
