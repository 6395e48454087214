"""A worker's metrics over HTTP."""

import asyncio
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from typing import Self

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.backlog import Backlog
from app.metrics.backlog import PATIENCE, BacklogGauges, BacklogWatch
from app.metrics.server import MetricsServer
from app.metrics.worker import WorkerMetrics
from app.settings import Settings
from app.storage import backlog
from app.storage.database import open_engine, open_sessions

_LOOP_SECONDS = 1
"""How much longer than Postgres the event loop may take, which has jobs to do as well."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scrapes:
    """Scrapes are answered on threads of their own; Postgres is asked in the worker's event loop."""

    server: MetricsServer
    watch: BacklogWatch
    engine: AsyncEngine

    @classmethod
    def open(cls, settings: Settings, metrics: WorkerMetrics, *, port: int) -> Self | None:
        """Answer from now on; None where nothing can listen on that port, since work goes on without."""
        # A connection of its own: a scrape is to get through when jobs have taken all others.
        engine = open_engine(
            settings.database_url, pool_size=1, name="taskoverflow-metrics", patience=PATIENCE
        )
        watch = BacklogWatch(partial(backlog.measure, open_sessions(engine)))
        look = partial(_look_from_thread, watch, asyncio.get_running_loop())
        metrics.registry.register(BacklogGauges(look))
        try:
            server = MetricsServer.listen(settings.metrics_host, port, metrics.registry)
        except OSError as error:
            log.warning("metrics_not_served", host=settings.metrics_host, port=port, reason=str(error))
            return None
        return cls(server, watch, engine)

    async def close(self) -> None:
        """Answer no more, and let the connection go."""
        await asyncio.to_thread(self.server.close)
        await self.watch.close()
        await self.engine.dispose()


def _look_from_thread(watch: BacklogWatch, loop: asyncio.AbstractEventLoop) -> Backlog | None:
    looking = asyncio.run_coroutine_threadsafe(watch.look(), loop)
    try:
        return looking.result(PATIENCE.total_seconds() + _LOOP_SECONDS)
    except (TimeoutError, CancelledError):
        return None
