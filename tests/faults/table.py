"""The table of a run: a line for each fault on each broker."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from app.domain.events import JobEvent
from tests.faults.verdict import Verdict

_COUNTS = ("accepted", "final", "lost", "duplicated", "stuck", "other")
_ALL = "all of them"


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one fault on one broker."""

    fault: str
    broker: str
    counts: list[int]
    recovery: float
    """Seconds from the fault's end to that of the last job that it may have hit."""
    took: float
    timeline: list[str]
    """Of a job that lived through it."""

    @classmethod
    def of(cls, fault: str, broker: str, verdict: Verdict, took: float, timeline: list[JobEvent]) -> Self:
        others = len(verdict.changed) + len(verdict.overrun) + len(verdict.other)
        wrong = [len(verdict.lost), len(verdict.duplicated), len(verdict.stuck), others]
        counts = [verdict.accepted, verdict.final, *wrong]
        return cls(fault, broker, counts, verdict.slowest.total_seconds(), took, timeline_lines(timeline))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))


def table(lines: Sequence[Line], *, total: bool = True) -> Iterator[str]:
    """For people: counts, and times in seconds; with the sum of all, where no job stands in two lines."""
    width = max([len(_ALL), *(len(line.fault) for line in lines)]) + 2
    headings = "".join(f"{name:>11}" for name in (*_COUNTS, "recovery", "took"))
    yield f"{'fault':<{width}}{'broker':<9}{headings}"
    for line in (*lines, _sum(lines)) if total else lines:
        cells = "".join(f"{number:>11}" for number in line.counts)
        yield f"{line.fault:<{width}}{line.broker:<9}{cells}{line.recovery:>9.1f} s{line.took:>9.1f} s"


def _sum(lines: Sequence[Line]) -> Line:
    counts = [sum(line.counts[column] for line in lines) for column in range(len(_COUNTS))]
    slowest = max((line.recovery for line in lines), default=0.0)
    return Line(_ALL, "", counts, slowest, sum(line.took for line in lines), [])


def timelines(lines: Sequence[Line]) -> Iterator[str]:
    """What a job saw of each fault."""
    for line in lines:
        if line.timeline:
            yield f"{line.fault} ({line.broker})"
            yield from line.timeline


def timeline_lines(events: Sequence[JobEvent]) -> list[str]:
    """A timeline as it is read."""
    return [
        f"  {event.at:%H:%M:%S} {(event.at - events[0].at).total_seconds():>7.2f} s"
        f"  attempt {event.attempt}  {event.kind:<12} {event.detail or ''}"
        for event in events
    ]
