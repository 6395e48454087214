"""One todo as a VEVENT or a VTODO (RFC 5545 sections 3.6.1 and 3.6.2).

Written by hand, since icalendar takes more than twenty times as long. The lines come in its order, and tests
compare each byte with what it writes.
"""

from datetime import date, datetime
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.deadlines import Deadline
from app.domain.todos import Todo, Tombstone
from workers.rendering.text import text_line
from workers.rendering.timezones import form, localized

_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))


def event(todo: Todo, zone: ZoneInfo | None, trigger: str | None) -> str:
    """The todo as an event at its deadline; nothing without one, since an event can't be without a start."""
    if todo.deadline is None:
        return ""
    changed = _digits(todo.updated_at)
    return (
        f"BEGIN:VEVENT\r\n{text_line('SUMMARY', todo.title)}{_at('DTSTART', todo.deadline, zone)}"
        f"DTSTAMP:{changed}Z\r\nUID:{todo.uid}\r\nSEQUENCE:{todo.sequence}\r\n"
        f"CREATED:{_digits(todo.created_at)}Z\r\n{_description(todo)}LAST-MODIFIED:{changed}Z\r\n"
        f"STATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\n{_alarm(todo, 'TRIGGER', trigger)}END:VEVENT\r\n"
    )


def task(todo: Todo, zone: ZoneInfo | None, trigger: str | None, uid: UUID) -> str:
    """The todo as a task, due at its deadline where it has one."""
    changed, completed, percent, status = _digits(todo.updated_at), "", "", "NEEDS-ACTION"
    if todo.completed_at is not None:
        completed = f"COMPLETED:{_digits(todo.completed_at)}Z\r\n"
        percent, status = "PERCENT-COMPLETE:100\r\n", "COMPLETED"
    due = alarm = ""
    if todo.deadline is not None:
        due = _at("DUE", todo.deadline, zone)
        # It has no DTSTART, which an alarm counts from unless told otherwise (section 3.8.6.3).
        alarm = _alarm(todo, "TRIGGER;RELATED=END", trigger)
    return (
        f"BEGIN:VTODO\r\n{completed}CREATED:{_digits(todo.created_at)}Z\r\n{_description(todo)}"
        f"DTSTAMP:{changed}Z\r\n{due}LAST-MODIFIED:{changed}Z\r\n{percent}SEQUENCE:{todo.sequence}\r\n"
        f"STATUS:{status}\r\n{text_line('SUMMARY', todo.title)}UID:{uid}\r\n{alarm}END:VTODO\r\n"
    )


def cancelled_event(deleted: Tombstone, zone: ZoneInfo | None) -> str:
    """The event of a todo that was deleted, if it had one, for apps that keep what a file no longer has."""
    if deleted.deadline is None:
        return ""
    changed = _digits(deleted.deleted_at)
    return (
        f"BEGIN:VEVENT\r\n{text_line('SUMMARY', deleted.title)}{_at('DTSTART', deleted.deadline, zone)}"
        f"DTSTAMP:{changed}Z\r\nUID:{deleted.uid}\r\nSEQUENCE:{_last_sequence(deleted)}\r\n"
        f"CREATED:{_digits(deleted.created_at)}Z\r\nLAST-MODIFIED:{changed}Z\r\n"
        "STATUS:CANCELLED\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
    )


def cancelled_task(deleted: Tombstone, zone: ZoneInfo | None, uid: UUID) -> str:
    """The task of a todo that was deleted."""
    changed = _digits(deleted.deleted_at)
    due = "" if deleted.deadline is None else _at("DUE", deleted.deadline, zone)
    return (
        f"BEGIN:VTODO\r\nCREATED:{_digits(deleted.created_at)}Z\r\nDTSTAMP:{changed}Z\r\n{due}"
        f"LAST-MODIFIED:{changed}Z\r\nSEQUENCE:{_last_sequence(deleted)}\r\nSTATUS:CANCELLED\r\n"
        f"{text_line('SUMMARY', deleted.title)}UID:{uid}\r\nEND:VTODO\r\n"
    )


def _last_sequence(deleted: Tombstone) -> int:
    # Above all that the todo ever had: what is not newer is ignored (RFC 5546 section 2.1.5).
    return deleted.sequence + 1


def _description(todo: Todo) -> str:
    return text_line("DESCRIPTION", todo.description) if todo.description else ""


def _alarm(todo: Todo, name: str, trigger: str | None) -> str:
    if trigger is None:
        return ""
    description = text_line("DESCRIPTION", todo.title)
    return f"BEGIN:VALARM\r\nACTION:DISPLAY\r\n{description}{name}:{trigger}\r\nEND:VALARM\r\n"


def _at(name: str, deadline: Deadline, zone: ZoneInfo | None) -> str:
    moment = localized(deadline, zone)
    parameter, mark = form(moment.tzinfo)
    return f"{name}{parameter}:{_digits(moment)}{mark}\r\n"


def _digits(moment: datetime) -> str:
    clock = f"{_TWO_DIGITS[moment.hour]}{_TWO_DIGITS[moment.minute]}{_TWO_DIGITS[moment.second]}"
    return f"{_day(moment.toordinal())}T{clock}"


@lru_cache(maxsize=10_000)
def _day(ordinal: int) -> str:
    # Todos share days: to look one up takes a tenth of the time that its digits would.
    return date.fromordinal(ordinal).isoformat().replace("-", "")
