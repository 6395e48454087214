"""The table of a run: a line for each fault on each broker."""

from collections.abc import Iterable, Iterator

from tests.faults.trial import Record, timeline_lines

_HEADINGS = ("accepted", "final", "lost", "duplicated", "stuck", "other", "recovery", "took")


def table(records: Iterable[Record]) -> Iterator[str]:
    """Lines for people: counts, and times in seconds."""
    records = list(records)
    width = max([len("all of them"), *(len(record.fault) for record in records)]) + 2
    yield f"{'fault':<{width}}{'broker':<10}" + "".join(f"{name:>11}" for name in _HEADINGS)
    for record in records:
        yield f"{record.fault:<{width}}{record.broker:<10}" + _cells(record)
    yield f"{'all of them':<{width}}{'':<10}" + _totals(records)


def _numbers(record: Record) -> list[int]:
    said = record.verdict
    others = len(said.changed) + len(said.overrun) + len(said.other)
    return [said.accepted, said.final, len(said.lost), len(said.duplicated), len(said.stuck), others]


def _cells(record: Record) -> str:
    seconds = (record.verdict.slowest.total_seconds(), record.seconds)
    return "".join(f"{number:>11}" for number in _numbers(record)) + "".join(f"{s:>9.1f} s" for s in seconds)


def _totals(records: list[Record]) -> str:
    sums = [sum(column) for column in zip(*map(_numbers, records), strict=True)]
    slowest = max((record.verdict.slowest.total_seconds() for record in records), default=0)
    seconds = (slowest, sum(record.seconds for record in records))
    return "".join(f"{number:>11}" for number in sums) + "".join(f"{s:>9.1f} s" for s in seconds)


def timelines(records: Iterable[Record]) -> Iterator[str]:
    """What a job saw of each fault."""
    for record in records:
        if record.timeline:
            yield f"{record.fault} ({record.broker})"
            yield from timeline_lines(record.timeline)
