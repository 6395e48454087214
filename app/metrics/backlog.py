"""What Postgres says of the jobs, asked when somebody scrapes: it is true even where no worker lives."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.domain.backlog import NOTHING, Backlog

PATIENCE = timedelta(seconds=2)
"""How long a scrape waits for Postgres, so that one which stalls costs no scraper the other metrics."""

FRESH = timedelta(seconds=1)
"""For how long one answer serves every scrape."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class BacklogWatch:
    """Asks once at a time and once a second, however many scrape."""

    measure: Callable[[], Awaitable[Backlog]]
    patience: timedelta = PATIENCE
    clock: Callable[[], float] = time.monotonic
    seen: Backlog | None = None
    """What the last look found; None where Postgres did not say."""
    _stale_at: float = float("-inf")
    _asking: asyncio.Task[None] | None = None

    async def look(self) -> Backlog | None:
        """How things stand, or None if Postgres does not say in time; never raises for that."""
        if self._asking is None and self.clock() >= self._stale_at:
            self._asking = asyncio.create_task(self._ask(), context=Context())
        if self._asking is not None:
            # A scraper that goes away takes nothing from the others, and a connection that can't even be
            # given up in time holds up none of them.
            done, _ = await asyncio.wait({self._asking}, timeout=self.patience.total_seconds())
            if not done:
                self.seen = None
        return self.seen

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                self.seen = await self.measure()
        except Exception as error:  # noqa: BLE001 - whatever it was, the rest is to be scraped
            self.seen = None
            log.warning("backlog_unknown", reason=str(error) or type(error).__name__)
        finally:
            self._stale_at = self.clock() + FRESH.total_seconds()
            self._asking = None

    async def close(self) -> None:
        """Let go of the connection that a look may hold."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})


@dataclass(frozen=True, slots=True)
class BacklogGauges(Collector):
    """The gauges, made anew for each scrape of what ``look`` returns."""

    look: Callable[[], Backlog | None]

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name them, without a look."""
        return _gauges(NOTHING)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Look; with Postgres down there is one gauge, which says so."""
        return _gauges(self.look())


def _gauges(seen: Backlog | None) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily(
        "taskoverflow_database_up",
        f"Whether this process could read from Postgres within {PATIENCE.total_seconds():g} s",
        value=float(seen is not None),
    )
    if seen is None:
        return
    jobs = GaugeMetricFamily("taskoverflow_jobs", "Jobs that have not ended", labels=["state"])
    for state, count in seen.jobs.items():
        jobs.add_metric([state], count)
    yield jobs
    for name, meaning, value in (
        (
            "oldest_waiting_job_age_seconds",
            "How long the job has been able to run that has waited longest for a worker",
            seen.oldest_waiting.total_seconds(),
        ),
        (
            "sweeper_lag_seconds",
            "How long that has been due which the sweeper should have done first",
            seen.sweeper_lag.total_seconds(),
        ),
        (
            "oldest_result_age_seconds",
            "How long the oldest calendar has been kept",
            seen.oldest_result.total_seconds(),
        ),
        ("database_size_bytes", "What the database takes on its disk", seen.database_bytes),
    ):
        yield GaugeMetricFamily(f"taskoverflow_{name}", meaning, value=value)
