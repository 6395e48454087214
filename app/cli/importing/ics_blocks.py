"""Where the components of an iCalendar file begin and end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.cli.importing.rows import UnreadableFileError

_DELIMITER = re.compile(r"(BEGIN|END):([A-Z0-9-]+)[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """One component that stands directly in a calendar, as text."""

    name: str
    calendar: int
    """Which of the file's calendars it is in: a time zone is known in its own one only."""
    line: int
    lines: list[str] = field(default_factory=list)


def split_blocks(content: str) -> list[Block]:
    """Cut a file into its components; ``UnreadableFileError`` if one is cut off or they overlap.

    icalendar reads a file that ends half way as one that holds nothing.
    """
    return list(_blocks(re.split(r"\r\n|\n|\r", content)))


def _blocks(lines: list[str]) -> Iterator[Block]:
    names: list[str] = []
    calendars, block = 0, None
    for number, line in enumerate(lines, start=1):
        match = _DELIMITER.fullmatch(line)
        if match and match[1].upper() == "BEGIN":
            names.append(match[2].upper())
            calendars += names == ["VCALENDAR"]
            if len(names) == 2:  # noqa: PLR2004 - a calendar, and what is directly in it
                block = Block(names[-1], calendars, number)
        if line.strip() and names[:1] != ["VCALENDAR"]:
            raise UnreadableFileError(f"line {number}: expected BEGIN:VCALENDAR")
        if block:
            block.lines.append(line)
        if match and match[1].upper() == "END":
            _close(names, match[2].upper(), number)
            if block and len(names) == 1:
                yield block
                block = None
    if names:
        raise UnreadableFileError(f"the file ends before END:{names[-1]}")
    if not calendars:
        raise UnreadableFileError("line 1: expected BEGIN:VCALENDAR")


def _close(names: list[str], name: str, number: int) -> None:
    opened = names.pop()
    if name != opened:
        raise UnreadableFileError(f"line {number}: expected END:{opened}, found END:{name}")
