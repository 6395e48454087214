"""Todos in a JSON file: an array, or an object with a ``todos`` array."""

from app.cli.importing.json_text import JsonText
from app.cli.importing.rows import Row, UnreadableFileError

_EXPECTED = 'expected an array of todos, or an object with a "todos" array'


def read_json(content: str) -> list[Row]:
    """Read the items of the array; what else the object holds is not todos, and is left."""
    text = JsonText(content)
    opening = text.peek()
    if not opening or opening not in "[{":
        raise UnreadableFileError(f"line {text.line}: {_EXPECTED}")
    rows = _array(text) if opening == "[" else _object(text)
    if text.peek():
        raise UnreadableFileError(f"line {text.line}: expected nothing after the todos")
    return rows


def row_of(line: int, value: object) -> Row:
    """Take an object for a todo; whether it is a valid one is the service's to say."""
    if isinstance(value, dict):
        return Row(line, value)
    return Row(line, reason="expected an object")


def _array(text: JsonText) -> list[Row]:
    rows: list[Row] = []
    text.expect("[")
    if text.peek() == "]":
        text.expect("]")
        return rows
    while True:
        text.peek()
        line = text.line
        rows.append(row_of(line, text.value()))
        if text.expect(",]") == "]":
            return rows


def _object(text: JsonText) -> list[Row]:
    rows: list[Row] | None = None
    text.expect("{")
    if text.peek() == "}":
        raise UnreadableFileError(f"line {text.line}: {_EXPECTED}")
    while True:
        key = _key(text)
        if key == "todos" and rows is not None:
            raise UnreadableFileError(f'line {text.line}: the key "todos" is given twice')
        if key == "todos" and text.peek() == "[":
            rows = _array(text)
        else:
            text.value()
        if text.expect(",}") == "}":
            break
    if rows is None:
        raise UnreadableFileError(f"line 1: {_EXPECTED}")
    return rows


def _key(text: JsonText) -> object:
    if text.peek() != '"':
        raise UnreadableFileError(f"line {text.line}: expected a key in double quotes")
    key = text.value()
    text.expect(":")
    return key
