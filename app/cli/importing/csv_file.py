"""CSV (RFC 4180) with a header."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from app.cli.importing.rows import Row, UnreadableFileError

COLUMNS = ("title", "description", "completed", "deadline_at")

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_csv(text: str) -> Iterator[Row]:
    """The rows below the header; an empty cell says nothing."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check(header)
        begins = reader.line_num + 1
        for cells in reader:
            if cells:
                yield _row(begins, header, cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(f"not CSV: {error} at line {reader.line_num}") from None


def _check(header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "title" not in header or len(set(header)) < len(header):
        raise UnreadableFileError(
            f"expected a header of title and any of {', '.join(COLUMNS[1:])}, got {', '.join(header) or 'none'}"
        )


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        return Row(line, reason=f"expected {len(header)} cells, got {len(cells)}")
    todo: dict[str, Any] = {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}
    if "completed" in todo:
        word = todo["completed"].strip().lower()
        if word not in _TRUTH:
            return Row(line, reason=f"completed: expected true or false, got {word}")
        todo["completed"] = _TRUTH[word]
    return Row(line, todo=todo)
