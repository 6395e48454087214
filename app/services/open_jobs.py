"""How many unfinished jobs each owner has: known well enough to bound them, and not counted each time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from app.domain.errors import TooManyOpenTasks
from app.domain.owners import OwnerId
from app.domain.quotas import Quota
from app.storage import jobs
from app.storage.database import Sessions

_FRESH_SECONDS = 1.0
_USABLE_SECONDS = 2.0
"""Until then a count serves while the next one is made, if it is far from the limit."""

MAX_OWNERS = 10_000
"""How many owners are remembered: those that asked last."""


@dataclass(slots=True)
class _Count:
    """What this process knows of one owner."""

    counted: int = 0
    accepted: int = 0
    """How many this process has accepted since it began to count."""
    at: float | None = None
    running: "asyncio.Task[None] | None" = None

    @property
    def total(self) -> int:
        return self.counted + self.accepted


@dataclass(slots=True)
class OpenJobs:
    """Refuses jobs of owners who have enough of them.

    A count, and what was accepted since, is good for a second. So an owner can have more than the limit only
    by what other processes accept within a second, and what is just being stored while this one counts; and
    a place that has become free is seen within a second.
    """

    limit: int
    count: Callable[[OwnerId], Awaitable[int]]
    """How many there are now, up to the limit."""
    now: Callable[[], float] = time.monotonic
    _counts: OrderedDict[OwnerId, _Count] = field(default_factory=OrderedDict)

    @classmethod
    def stored(cls, sessions: Sessions, limit: int) -> Self:
        """Those that Postgres knows of."""

        async def count(owner: OwnerId) -> int:
            async with sessions.begin() as session:
                return await jobs.count_open(session, owner, limit=limit)

        return cls(limit, count)

    async def admit(self, owner: OwnerId) -> None:
        """Take a place for one job more, or raise ``TooManyOpenTasks``."""
        known = self._known(owner)
        if not self._serves(known):
            await self._recounted(owner, known)
        if known.total >= self.limit:
            raise TooManyOpenTasks(self._quota(known))
        known.accepted += 1

    def quota(self, owner: OwnerId) -> Quota | None:
        """How far the owner is from the limit; None before the first count."""
        known = self._counts.get(owner)
        return None if known is None or known.at is None else self._quota(known)

    def _quota(self, known: _Count) -> Quota:
        return Quota(self.limit, max(self.limit - known.total, 0))

    def _known(self, owner: OwnerId) -> _Count:
        known = self._counts.setdefault(owner, _Count())
        self._counts.move_to_end(owner)
        if len(self._counts) > MAX_OWNERS:
            self._counts.popitem(last=False)
        return known

    def _serves(self, known: _Count) -> bool:
        if known.at is None:
            return False
        age = self.now() - known.at
        if age < _FRESH_SECONDS:
            return True
        return known.running is not None and age < _USABLE_SECONDS and known.total < self.limit

    async def _recounted(self, owner: OwnerId, known: _Count) -> None:
        """Count once for all that wait for it; it goes on if the one that began it goes away."""
        if known.running is None:
            known.running = asyncio.create_task(self._recount(owner, known))
        await asyncio.shield(known.running)

    async def _recount(self, owner: OwnerId, known: _Count) -> None:
        before = known.accepted
        try:
            known.counted = await self.count(owner)
        finally:
            known.running = None
        # What was accepted meanwhile may have been counted or not: it is better to be strict.
        known.accepted -= before
        known.at = self.now()
