"""Whether this process can do its work."""

from dataclasses import dataclass
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

    async def readiness(self) -> Readiness:
        """Ask Postgres, its migration and the broker; never raises for one that is down."""
        broker = await self._broker()
        try:
            async with self.sessions.begin() as session:
                current = await migrations.current(session)
        except Exception as error:
            if not is_unreachable(error):
                raise
            log.warning("postgres_down", reason=str(error))
            return Readiness(postgres="down", migrations="down", broker=broker)
        # Revisions are numbers in order, and one of a newer release works with this one as well.
        behind = current is None or current < self.expected
        return Readiness(postgres="ok", migrations="behind" if behind else "ok", broker=broker)

    async def _broker(self) -> Check:
        try:
            await self.publisher.ping()
        except SendFailed as error:
            log.warning("broker_down", reason=str(error))
            return "down"
        return "ok"
