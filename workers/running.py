"""The attempts that run in this process."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Attempt = asyncio.Task[object]


@dataclass(slots=True)
class RunningAttempts:
    """Since when each attempt runs, by ``clock``, in seconds; all of one event loop."""

    clock: Callable[[], float] = time.monotonic
    first_or_last: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first one starts, and when the last one ends; whoever waits for it clears it."""
    _since: dict[Attempt, float] = field(default_factory=dict)

    def add(self, attempt: Attempt) -> None:
        """Know one from now on."""
        if not self._since:
            self.first_or_last.set()
        self._since[attempt] = self.clock()

    def discard(self, attempt: Attempt) -> None:
        """Know it no more; twice is harmless."""
        if self._since.pop(attempt, None) is not None and not self._since:
            self.first_or_last.set()

    def cancel(self) -> None:
        """Cancel each of them."""
        for attempt in self._since:
            attempt.cancel()

    @property
    def oldest(self) -> float | None:
        """Since when the oldest one runs; None if none does."""
        return min(self._since.values(), default=None)
