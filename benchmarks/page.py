"""docs/performance.md: its tables are written by a run, and all else by people."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.cells.cell import Cell
from benchmarks.goals import Goal
from benchmarks.results import Results
from benchmarks.table import figures_table, goals_table

PATH = Path("docs/performance.md")

_PART = re.compile(r"(<!-- measured: (?P<name>[a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables(results: Results, cells: Sequence[Cell], goals: Sequence[Goal]) -> Iterator[tuple[str, list[str]]]:
    """All that a run has to show, by name."""
    yield "machine", [f"- {what}: {value}" for what, value in results.machine.items()]
    yield "goals", list(goals_table(results.figures, goals))
    for cell in cells:
        yield cell.name, list(figures_table(results.figures, cell.whats, cell.of))


def rewritten(text: str, parts: dict[str, list[str]]) -> str:
    """The page with its measured parts replaced."""

    def replaced(found: re.Match[str]) -> str:
        return "".join((found[1], *(f"{line}\n" for line in parts[found["name"]]), found[3]))

    return _PART.sub(replaced, text)


def write(results: Results, cells: Sequence[Cell], goals: Sequence[Goal]) -> None:
    """Put a run's numbers into the page."""
    text = PATH.read_text(encoding="utf-8")
    PATH.write_text(rewritten(text, dict(tables(results, cells, goals))), encoding="utf-8")
