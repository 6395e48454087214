"""Figures and goals as tables in Markdown, which people can read as they stand."""

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figures, Place
from benchmarks.goals import Goal
from benchmarks.spread import Spread, number

Row = Sequence[str]


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """A table whose first row is its head; all columns but the first are of numbers."""
    widths = [max(2, *map(len, column)) for column in zip(*rows, strict=True)]
    for place, row in enumerate(rows):
        padded = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"| {' | '.join(padded)} |"
        if place == 0:
            rules = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]
            yield f"| {' | '.join(rules)} |"


def figures_table(figures: Figures, whats: Sequence[str], of: str) -> Iterator[str]:
    """A row for each kind and size, a column for each side."""
    found = [place for place in figures.places if place.what in whats]
    sides = list(dict.fromkeys(place.side for place in found))
    kinds = sorted({(whats.index(place.what), place.size) for place in found})
    rows: list[Row] = [["", of, *sides]]
    for kind, size in kinds:
        cells = (_cell(figures, Place(whats[kind], side, size)) for side in sides)
        rows.append([whats[kind], number(size) if of else "", *cells])
    if not of:
        rows = [[row[0], *row[2:]] for row in rows]
    return lines(rows)


def _cell(figures: Figures, place: Place) -> str:
    values = figures.of(place)
    return str(Spread.of(values)) if values else ""


def goals_table(figures: Figures, goals: Sequence[Goal], margin: float = 1.0) -> Iterator[str]:
    """A row for each goal that anything was measured of."""
    rows: list[Row] = [["goal", "is to be", "is", ""]]
    for goal in goals:
        if (seen := goal.seen(figures)) is not None:
            verdict = "reached" if goal.is_reached(seen, margin) else "missed"
            rows.append([goal.text, goal.bound(margin), str(seen), verdict])
    return lines(rows)
