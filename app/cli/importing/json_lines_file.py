"""Todos in a JSON Lines file: one object a line."""

from app.cli.importing.json_file import row_of
from app.cli.importing.json_text import parse_json
from app.cli.importing.rows import Row


def read_json_lines(content: str) -> list[Row]:
    """Read each line by itself: one that is broken says nothing of the next."""
    # Not splitlines: a JSON string may hold U+2028, which ends no line here.
    lines = enumerate(content.split("\n"), start=1)
    return [_read_line(number, line) for number, line in lines if line.strip()]


def _read_line(number: int, line: str) -> Row:
    try:
        return row_of(number, parse_json(line))
    except ValueError as error:
        return Row(number, reason=f"expected JSON: {error}")
