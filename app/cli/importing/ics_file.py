"""iCalendar (RFC 5545): tasks and events."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from icalendar import Calendar
from icalendar.cal import Component

from app.cli.importing.rows import Row, UnreadableFileError

_BEGIN = re.compile(r"^BEGIN:(VTODO|VEVENT)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


def read_ics(text: str) -> Iterator[Row]:
    """Each VTODO and VEVENT, in the order of the file; recurrences are not followed."""
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise UnreadableFileError(f"not iCalendar: {error}") from None
    components = [c for calendar in calendars for c in calendar.walk() if c.name in {"VTODO", "VEVENT"}]
    lines = [text.count("\n", 0, match.start()) + 1 for match in _BEGIN.finditer(text)]
    for line, component in zip(lines, components, strict=True):
        yield _row(line, component)


def _row(line: int, component: Component) -> Row:
    if component.errors:
        name, reason = component.errors[0]
        return Row(line, reason=f"{name}: {reason}")
    todo: dict[str, Any] = {"title": str(component.get("summary", ""))}
    if description := component.get("description"):
        todo["description"] = str(description)
    if component.get("completed") is not None or component.get("status") == "COMPLETED":
        todo["completed"] = True
    deadline = component.get("due") or component.get("dtstart")
    if deadline is not None:
        todo["deadline_at"] = _iso(deadline.dt)
    return Row(line, todo=todo)


def _iso(when: date | datetime) -> str:
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.astimezone(UTC).isoformat()
    return when.isoformat()
