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


def text_line(name: str, text: str) -> str:
    """A property whose value is text: escaped (section 3.3.11), and folded (section 3.1)."""
    if _NOT_AS_IT_IS.search(text):
        # The first replacement is icalendar's, which takes the letter for part of a newline's escape.
        text = without_controls(text).replace(r"\N", "\n").translate(_ESCAPES)
    line = f"{name}:{text}"
    return f"{line}\r\n" if line.isascii() and len(line) <= _OCTETS else _folded(line.encode())


def _folded(line: bytes) -> str:
    parts: list[bytes] = []
    while len(line) > _OCTETS:
        end = _OCTETS
        while line[end] & 0xC0 == 0x80:  # noqa: PLR2004 - it goes on within a character
            end -= 1
        if line[end - 1] in b"\\^":
            end -= 1  # what is escaped stays with what escapes it, for parsers that read before they unfold
        parts.append(line[:end])
        line = line[end:]
    return b"\r\n ".join([*parts, line]).decode() + "\r\n"
