"""JSON: an array of todos, an object with an array ``todos``, or one todo a line (``.jsonl``)."""

import json
import re
from collections.abc import Iterator

from app.cli.importing.rows import Row, UnreadableFileError

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")
_TODOS = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*"todos"[ \t\r\n]*:')


def read_json(text: str) -> Iterator[Row]:
    """The items of the array, each with its line."""
    try:
        json.loads(text)
        wrapper = _TODOS.match(text)
        position = _skip(text, wrapper.end() if wrapper else 0)
        if text[position : position + 1] != "[":
            raise UnreadableFileError('expected an array of todos, or an object that begins with "todos"')
        yield from _items(text, position + 1)
    except json.JSONDecodeError as error:
        raise UnreadableFileError(f"not JSON: {error.msg} at line {error.lineno}") from None


def _items(text: str, position: int) -> Iterator[Row]:
    # The whole text is known to be JSON: between two items there is a comma, behind the last a bracket.
    while text[position := _skip(text, position)] != "]":
        line = text.count("\n", 0, position) + 1
        item, position = _DECODER.raw_decode(text, position)
        yield _row(line, item)
        position = _skip(text, position)
        position += text[position] == ","


def read_json_lines(text: str) -> Iterator[Row]:
    """One todo a line; blank lines are passed over."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield _row(number, json.loads(line))
        except json.JSONDecodeError as error:
            yield Row(number, reason=f"not JSON: {error.msg}")


def _row(line: int, item: object) -> Row:
    return Row(line, todo=item) if isinstance(item, dict) else Row(line, reason="expected an object")


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
