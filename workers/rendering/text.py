"""Text as a line of a calendar can hold it."""

import re

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}
_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_NOT_AS_IT_IS = re.compile("[\\\\;,\n" + "".join(map(chr, _CONTROLS)) + "]")

_OCTETS = 74
"""How much of a line stands before it is folded: with the space that begins the next, 75 in all."""


def without_controls(text: str) -> str:
    """The text without what RFC 5545 section 3.1 calls CONTROL, a lone CR included.

    The API refuses such text, but rows may be older than its rules; and one such character makes some
    parsers refuse the whole file.
    """
    return text.translate(_CONTROLS)


def escaped(text: str) -> str:
    """The text as a value (section 3.3.11), without controls."""
    return without_controls(text).translate(_ESCAPES) if _NOT_AS_IT_IS.search(text) else text


def text_line(name: str, text: str) -> str:
    """A property whose value is text: escaped, and folded (section 3.1)."""
    line = f"{name}:{escaped(text)}"
    return f"{line}\r\n" if line.isascii() and len(line) <= _OCTETS else _folded(line.encode())


def _folded(line: bytes) -> str:
    parts: list[bytes] = []
    while len(line) > _OCTETS:
        end = _OCTETS
        while line[end] & 0xC0 == 0x80:  # noqa: PLR2004 - it goes on within a character
            end -= 1
        if line[end - 1] in b"\\^":
            # As icalendar does, for parsers that read before they unfold: what is escaped stays with what
            # escapes it. Only a backslash may be parted from the one that escapes it.
            end -= 1
        parts.append(line[:end])
        line = line[end:]
    return b"\r\n ".join([*parts, line]).decode() + "\r\n"
