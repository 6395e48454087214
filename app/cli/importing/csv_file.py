"""Todos in a CSV file with a header row (RFC 4180)."""

import csv
import io
from collections.abc import Iterator

from app.cli.importing.rows import Row, UnreadableFileError

_COLUMNS = ("title", "description", "completed", "deadline_at")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

_Record = tuple[int, list[str]]


def read_csv(content: str) -> list[Row]:
    """Read the records below the header; an empty cell is a key left out."""
    records = _records(content)
    line, header = next(records, (1, []))
    columns = [name.strip() for name in header]
    _check_header(line, columns)
    return [_row(line, columns, cells) for line, cells in records]


def _records(content: str) -> Iterator[_Record]:
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            # A quoted cell may span lines: the next record begins below the last one that was read.
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(f"line {line}: {error}") from None


def _check_header(line: int, columns: list[str]) -> None:
    known = ", ".join(_COLUMNS)
    for position, name in enumerate(columns):
        if name not in _COLUMNS:
            raise UnreadableFileError(f"line {line}: unknown column {name!r}, expected some of {known}")
        if name in columns[:position]:
            raise UnreadableFileError(f"line {line}: the column {name!r} is given twice")
    if "title" not in columns:
        raise UnreadableFileError(f"line {line}: expected a header row with a title column, of {known}")


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(line, reason=f"expected {len(columns)} cells, as in the header, got {len(cells)}")
    # Line ends inside quotes are the file's own, and the service knows the newline only.
    texts = (cell.replace("\r\n", "\n") for cell in cells)
    todo: dict[str, object] = {name: text for name, text in zip(columns, texts, strict=True) if text}
    if "completed" in todo:
        completed = str(todo["completed"]).strip()
        if completed.lower() not in _BOOLEANS:
            return Row(line, reason=f"completed: expected true, false, 1, 0, yes or no, got {completed!r}")
        todo["completed"] = _BOOLEANS[completed.lower()]
    return Row(line, todo)
