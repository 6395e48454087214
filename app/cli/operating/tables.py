"""Tables: framed on a terminal, aligned text for other programs."""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_NARROW = 110
"""Below so many columns of a terminal, an id is shown by its beginning, which commands take as well."""

_BEGINNING = 13

_BETWEEN = 3
"""What a column takes besides its text."""


def open_console() -> Console:
    """The terminal, for which no text of ours means anything but itself."""
    return Console(markup=False, highlight=False, emoji=False)


def print_table(console: Console, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as suits whoever reads it."""
    if console.is_terminal:
        console.print(framed(headers, rows, console.width))
    else:
        for line in aligned(headers, rows):
            console.out(line, highlight=False)


def framed(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Table:
    """A table for a terminal of that width; the last column gives way."""
    if headers[0] == "id" and width < _NARROW:
        rows = [(row[0][:_BEGINNING], *row[1:]) for row in rows]
    needs = [max(map(cell_len, cells)) for cells in zip(headers, *rows, strict=True)]
    left = width - sum(needs[:-1]) - _BETWEEN * len(needs)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    # Left to itself, rich takes from all columns what is too much in one.
    for header, need in zip(headers, [*needs[:-1], max(min(needs[-1], left), 1)], strict=True):
        table.add_column(Text(header), no_wrap=True, overflow="ellipsis", width=need)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The same as plain lines, which are cut nowhere."""
    table = [[header.upper() for header in headers], *([*row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    padded = (
        [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        for row in table
    )
    return ["  ".join(row).rstrip() for row in padded]
