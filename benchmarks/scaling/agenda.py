"""The clock of a simulation, and what is to happen."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Agenda:
    """Does what was planned, in the order of time; of equal times, in the order of planning."""

    now: float = 0.0
    _planned: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: int = 0

    def at(self, time: float, action: Callable[[], None]) -> None:
        """Plan an action for a time that is not over."""
        self._order += 1
        heapq.heappush(self._planned, (time, self._order, action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Plan an action for so many seconds from now."""
        self.at(self.now + seconds, action)

    def run(self, until: float) -> None:
        """Let everything happen that is planned up to then, and what that plans in turn."""
        while self._planned and self._planned[0][0] <= until:
            self.now, _, action = heapq.heappop(self._planned)
            action()
        self.now = until
