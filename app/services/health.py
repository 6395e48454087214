"""Whether this process can do its work."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import structlog

from app.queue.publisher import Publisher, SendFailed
from app.storage import migrations
from app.storage.database import Sessions, is_unreachable

Check = Literal["ok", "down"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What each part answered."""

    postgres: Check
    migrations: Check | Literal["behind"]
    broker: Check

    @property
    def status(self) -> Literal["ok", "degraded", "unavailable"]:
        """Without a broker jobs are still accepted, and run as soon as it is back."""
        if self.postgres != "ok" or self.migrations != "ok":
            return "unavailable"
        return "ok" if self.broker == "ok" else "degraded"


@dataclass(frozen=True, slots=True)
class HealthService:
    """Asks the parts that a request would need."""

    sessions: Sessions
    publisher: Publisher
    expected: str
    """The migration that this release was written for."""
    patience: timedelta = timedelta(seconds=2)
    """How long Postgres may take; the publisher has a patience of its own."""

    async def readiness(self) -> Readiness:
        """Ask Postgres, its migration and the broker at once; never raises for one that is down."""
        broker, (postgres, migrated) = await asyncio.gather(self._broker(), self._postgres())
        return Readiness(postgres=postgres, migrations=migrated, broker=broker)

    async def _postgres(self) -> tuple[Check, Check | Literal["behind"]]:
        try:
            current = await self._in_time()
        except Exception as error:
            if not is_unreachable(error):
                raise
            log.warning("postgres_down", reason=str(error) or type(error).__name__)
            return "down", "down"
        # Revisions are numbers in order, and one of a newer release works with this one as well.
        behind = current is None or current < self.expected
        return "ok", "behind" if behind else "ok"

    async def _in_time(self) -> str | None:
        asking = asyncio.create_task(self._current())
        # A connection that can't even be given up in time holds up nobody.
        done, _ = await asyncio.wait({asking}, timeout=self.patience.total_seconds())
        if done:
            return asking.result()
        asking.add_done_callback(lambda late: late.cancelled() or late.exception())
        asking.cancel()
        raise TimeoutError

    async def _current(self) -> str | None:
        async with self.sessions.begin() as session:
            return await migrations.current(session)

    async def _broker(self) -> Check:
        try:
            await self.publisher.ping()
        except SendFailed as error:
            log.warning("broker_down", reason=str(error))
            return "down"
        return "ok"
