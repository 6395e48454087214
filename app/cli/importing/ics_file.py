"""Todos in an iCalendar file (RFC 5545): its to-dos and events."""

import re
from datetime import UTC, date, datetime

from icalendar import Calendar
from icalendar.cal.component import Component

from app.cli.importing.ics_blocks import Block, split_blocks
from app.cli.importing.rows import Row

_DEADLINES = {"VTODO": ("DUE", "DTSTART"), "VEVENT": ("DTSTART",)}
_UTC_WITH_ZONE = re.compile(r"(?:DUE|DTSTART)[^:]*;TZID=[^:]*:[0-9T]+Z", re.IGNORECASE)


def read_ics(content: str) -> list[Row]:
    """Read each to-do and event by itself: one that is broken says nothing of the next."""
    blocks = split_blocks(content)
    return [_row(block, blocks) for block in blocks if block.name in _DEADLINES]


def _row(block: Block, blocks: list[Block]) -> Row:
    zones = [each for each in blocks if each.name == "VTIMEZONE" and each.calendar == block.calendar]
    try:
        return Row(block.line, _todo(_parse(block, zones)))
    except ValueError as error:
        return Row(block.line, reason=str(error))


def _parse(block: Block, zones: list[Block]) -> Component:
    # icalendar would read the local time and drop the Z, which moves the deadline (section 3.2.19).
    if any(_UTC_WITH_ZONE.match(line) for line in block.lines):
        raise ValueError("a time has both a TZID and a Z")
    lines = [line for each in (*zones, block) for line in each.lines]
    calendar = Calendar.from_ical("\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""]))
    (component,) = (each for each in calendar.subcomponents if each.name == block.name)
    if component.errors:
        name, problem = component.errors[0]
        raise ValueError(f"{name}: {problem}" if name else str(problem))
    return component


def _todo(component: Component) -> dict[str, object]:
    if "RRULE" in component or "RDATE" in component:
        raise ValueError("it repeats, which a todo can't")
    todo: dict[str, object] = {}
    for key, name in (("title", "SUMMARY"), ("description", "DESCRIPTION")):
        if text := _single(component, name):
            todo[key] = str(text)
    if component.name == "VTODO":
        todo["completed"] = "COMPLETED" in component or str(component.get("STATUS")).upper() == "COMPLETED"
    for name in _DEADLINES[str(component.name)]:
        if name in component:
            todo["deadline_at"] = _deadline(component, name)
            break
    return todo


def _single(component: Component, name: str) -> object:
    value: object = component.get(name)
    if isinstance(value, list):
        raise ValueError(f"{name} is given {len(value)} times")  # noqa: TRY004 - the file is wrong, not a type
    return value


def _deadline(component: Component, name: str) -> str:
    """An instant in UTC, a floating local time without an offset, or a bare date."""
    value = _single(component, name)
    moment = getattr(value, "dt", None)
    if not isinstance(moment, date):
        raise ValueError(f"{name}: expected a date or a date-time")  # noqa: TRY004 - as above
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is not None:
        return _in_utc(moment, name)
    zone = getattr(value, "params", {}).get("TZID")
    if zone is not None:
        raise ValueError(f"{name}: the time zone {zone} is not known")
    return moment.isoformat()


def _in_utc(moment: datetime, name: str) -> str:
    # Offsets of long ago have seconds, which ISO 8601 can't say.
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        raise ValueError(f"{name}: out of range in UTC") from None
