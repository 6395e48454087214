"""What is to be reached, and whether it was."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Figures, Place
from benchmarks.names import (
    ACCEPTED,
    ACCEPTED_BEHIND,
    ACCEPTED_IN_TURN,
    API_MEMORY,
    API_MEMORY_BEFORE,
    CLAIMED_BEHIND,
    DOWNLOADS,
    ICALENDAR,
    MADE,
    MADE_IN_WORKER,
    MADE_OF_CHANGED,
    NOT_MODIFIED,
    OURS,
    P99,
    REFERENCE,
    RENDERED,
    SEEN,
    STATUS_READS,
    SWEEPING,
    WORKER_MEMORY,
    WRONG,
)
from benchmarks.spread import Spread, differences, number, ratios

MARGIN = 4.0
"""So much less will do for a guard against regressions: it takes few rounds, on machines that are busy."""


def _alone(first: Sequence[float], second: Sequence[float]) -> list[float]:
    del second
    return list(first)


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for a ratio, a difference or a number."""

    text: str
    first: Place
    second: Place
    compare: Callable[[Sequence[float], Sequence[float]], list[float]] = ratios
    at_least: float | None = None
    at_most: float | None = None

    def bound(self, margin: float = 1.0) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"≥ {number(self.at_least / margin)}{self._unit}"
        return f"≤ {number((self.at_most or 0) * margin)}{self._unit}"

    @property
    def _unit(self) -> str:
        return " times" if self.compare is ratios else ""

    def seen(self, figures: Figures) -> Spread | None:
        """What was measured of it; None where nothing was."""
        first, second = figures.of(self.first), figures.of(self.second)
        return Spread.of(self.compare(first, second)) if first and second else None

    def is_reached(self, seen: Spread, margin: float = 1.0) -> bool:
        """Whether the median keeps the bound; with a margin, whether it keeps one so many times as wide."""
        low, high = self.at_least, self.at_most
        return (low is None or seen.middle >= low / margin) and (high is None or seen.middle <= high * margin)


def _against(what: str, size: int, times: float) -> Goal:
    """Higher is better."""
    text = f"{what}{_of(size)}, against the reference"
    return Goal(text, Place(what, OURS, size), Place(what, REFERENCE, size), at_least=times)


def _as_quick(size: int, times: float) -> Goal:
    """Lower is better."""
    text = f"the reference's {SEEN}{_of(size)}, against ours"
    return Goal(text, Place(SEEN, REFERENCE, size), Place(SEEN, OURS, size), at_least=times)


def _alone_at_most(text: str, place: Place, most: float) -> Goal:
    return Goal(text, place, place, _alone, at_most=most)


def _of(size: int) -> str:
    return f" at {size:,} todos" if size else ""


DEEP = 100_000
"""Waiting jobs that a new one must not feel."""

FEW, SOME, MANY = 10, 1_000, 1_000_000
"""Todos between which neither accepting nor a worker's memory may feel the difference."""

FILE_TODOS = 30_000
"""So many make a file of 10 MB."""


def _goals() -> Iterator[Goal]:
    yield from (_against(ACCEPTED, size, times) for size, times in ((10, 8), (1_000, 60), (10_000, 600)))
    many, few = Place(ACCEPTED_IN_TURN, OURS, MANY), Place(ACCEPTED_IN_TURN, OURS, FEW)
    yield Goal(f"{ACCEPTED} at {MANY:,} todos, against ours at {FEW}", many, few, at_least=0.9)
    for size, changed, unchanged in ((1_000, 20, 150), (10_000, 25, 1_500)):
        yield _against(MADE_OF_CHANGED, size, changed)
        yield _against(MADE, size, unchanged)
    yield from (_as_quick(size, times) for size, times in ((10, 1), (1_000, 8), (10_000, 30)))
    yield _alone_at_most("p99 of 1,000 POST/s while two workers drain, ms", Place(P99, OURS, 10), 25)
    yield _alone_at_most("requests among them that went wrong", Place(WRONG, OURS, 10), 0)
    yield Goal(
        "events rendered/s, against icalendar",
        Place(RENDERED, OURS, 100_000),
        Place(RENDERED, ICALENDAR, 100_000),
        at_least=15,
    )
    yield Goal(
        "events/s from claim to SUCCESS, against icalendar's without any storage",
        Place(MADE_IN_WORKER, OURS, 100_000),
        Place(RENDERED, ICALENDAR, 100_000),
        at_least=15,
    )
    yield Goal(
        f"MB of a worker for {MANY:,} todos more than for {SOME:,}",
        Place(WORKER_MEMORY, OURS, MANY),
        Place(WORKER_MEMORY, OURS, SOME),
        differences,
        at_most=40,
    )
    yield _against(DOWNLOADS, FILE_TODOS, 20)
    yield Goal(
        "MB of the API in downloads more than before",
        Place(API_MEMORY, OURS, FILE_TODOS),
        Place(API_MEMORY_BEFORE, OURS, FILE_TODOS),
        differences,
        at_most=40,
    )
    yield _against(STATUS_READS, 10, 1.5)
    yield Goal(
        "304/s, against our status reads/s",
        Place(NOT_MODIFIED, OURS, 10),
        Place(STATUS_READS, OURS, 10),
        at_least=0.9,
    )
    for what in (ACCEPTED_BEHIND, CLAIMED_BEHIND):
        deep, empty = Place(what, OURS, DEEP), Place(what, OURS)
        yield Goal(f"{what}, {DEEP:,} against none", deep, empty, at_least=0.9)
    yield Goal(
        f"{SWEEPING}, behind {DEEP:,} more than behind none",
        Place(SWEEPING, OURS, DEEP),
        Place(SWEEPING, OURS),
        differences,
        at_most=10,
    )


GOALS = tuple(_goals())


def missed(figures: Figures, goals: Sequence[Goal], margin: float = 1.0) -> list[Goal]:
    """Those that were measured and not reached."""
    seen = ((goal, goal.seen(figures)) for goal in goals)
    return [goal for goal, spread in seen if spread and not goal.is_reached(spread, margin)]
