"""JSON, read value by value, so that each one's line is known."""

import json
import re
from typing import Never

from app.cli.importing.rows import UnreadableFileError

_BLANKS = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON value")


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object; of a key given twice, json alone would drop one value without a word."""
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"the key {json.dumps(key)} is given twice")
        members[key] = value
    return members


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated)


def parse_json(text: str) -> object:
    """Read a text that is one JSON value, or raise ``ValueError``."""
    try:
        value: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


class JsonText:
    """A place in a text, moved on by what is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = 0
        self.line = 1
        """Of the place, after ``peek``."""

    def peek(self) -> str:
        """The next character that is not blank, or an empty string at the end."""
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at
        self.line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._text[self._at : self._at + 1]

    def expect(self, characters: str) -> str:
        """Move past one of these characters."""
        found = self.peek()
        if not found or found not in characters:
            expected = " or ".join(characters)
            raise UnreadableFileError(f"line {self.line}: expected {expected}, found {found or 'the end'}")
        self._at += 1
        return found

    def value(self) -> object:
        """Move past one value, and return it."""
        self.peek()
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise UnreadableFileError(f"line {error.lineno}: {error.msg}") from None
        except ValueError as error:
            raise UnreadableFileError(f"line {self.line}: {error}") from None
        except RecursionError:
            raise UnreadableFileError(f"line {self.line}: nested too deeply") from None
        return value
