"""A number that changes at moments, and what it comes to over time."""

from dataclasses import dataclass


@dataclass(slots=True)
class Level:
    """How many there are now, and the area under it: jobs times the seconds that they waited, for example."""

    now: int = 0
    _area: float = 0.0
    _since: float = 0.0

    def change(self, by: int, time: float) -> None:
        """Go up or down at that time, which is no earlier than the last one."""
        self._area = self.area(time)
        self._since = time
        self.now += by

    def area(self, time: float) -> float:
        """What it has come to by then."""
        return self._area + self.now * (time - self._since)
