"""Todos as icalendar writes them: what the service's own writers are held against."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Component, Event, vDuration, vText
from icalendar import Todo as VTodo

from app.domain.calendars import CalendarOptions
from app.domain.calendars import Component as Shown
from app.domain.deadlines import DeadlineSpan
from app.domain.timezones import zone
from app.domain.todos import Todo, Tombstone
from workers.rendering.text import without_controls
from workers.rendering.timezones import localized, vtimezone

TASKS = UUID("5f0c1c1e-6d0b-4a53-9a4e-0f6f5ad4b5c2")


class _Text(vText):
    """Escaped part by part: icalendar takes a backslash and an N in a text for the escape of a newline."""

    def to_ical(self) -> bytes:
        return rb"\\".join(vText(part).to_ical() for part in self.split("\\"))


def head(options: CalendarOptions, span: DeadlineSpan) -> bytes:
    """All that a calendar shows before its todos."""
    calendar, name = Calendar(), _Text(without_controls(options.name))
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Taskoverflow Calendar//mxm.dk//")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    if options.timezone is not None:
        calendar.add("x-wr-timezone", options.timezone)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(timedelta(hours=1)))
    declared = vtimezone(_zone(options), span)
    if declared is not None:
        calendar.add_component(declared)
    return bytes(calendar.to_ical(sorted=False)).removesuffix(b"END:VCALENDAR\r\n")


def todo(of: Todo, options: CalendarOptions) -> bytes:
    """What a calendar shows of one todo."""
    shown, alarm, zone_ = options.component, options.alarm, _zone(options)
    parts: list[Event | VTodo | None] = []
    if shown is not Shown.TODO:
        parts.append(_event(of, zone_, alarm))
    if shown is not Shown.EVENT:
        twice = shown is Shown.BOTH and of.deadline is not None
        parts.append(_task(of, zone_, None if twice else alarm, _task_uid(of.uid, shown)))
    return _joined(parts)


def tombstone(of: Tombstone, options: CalendarOptions) -> bytes:
    """What a calendar says of a todo that was deleted."""
    shown, zone_ = options.component, _zone(options)
    parts: list[Event | VTodo | None] = []
    if shown is not Shown.TODO:
        parts.append(_cancelled_event(of, zone_))
    if shown is not Shown.EVENT:
        parts.append(_cancelled_task(of, zone_, _task_uid(of.uid, shown)))
    return _joined(parts)


def _zone(options: CalendarOptions) -> ZoneInfo | None:
    return None if options.timezone is None else zone(options.timezone)


def _task_uid(uid: UUID, shown: Shown) -> UUID:
    return uuid5(TASKS, uid.hex) if shown is Shown.BOTH else uid


def _joined(parts: Iterable[Event | VTodo | None]) -> bytes:
    return b"".join(part.to_ical() for part in parts if part is not None)


def _event(todo: Todo, zone_: ZoneInfo | None, alarm: int | None) -> Event | None:
    if todo.deadline is None:
        return None
    component = Event()
    _describe(component, todo, todo.uid)
    component.add("dtstart", localized(todo.deadline, zone_))
    component.add("status", "CONFIRMED")
    component.add("transp", "TRANSPARENT")
    if alarm is not None:
        component.add_component(_alarm(todo, alarm, {}))
    return component


def _task(todo: Todo, zone_: ZoneInfo | None, alarm: int | None, uid: UUID) -> VTodo:
    component = VTodo()
    _describe(component, todo, uid)
    if todo.completed_at is not None:
        component.add("status", "COMPLETED")
        component.add("completed", todo.completed_at.replace(microsecond=0))
        component.add("percent-complete", 100)
    else:
        component.add("status", "NEEDS-ACTION")
    if todo.deadline is not None:
        component.add("due", localized(todo.deadline, zone_))
        if alarm is not None:
            # It has no DTSTART, which an alarm counts from unless told otherwise (section 3.8.6.3).
            component.add_component(_alarm(todo, alarm, {"RELATED": "END"}))
    return component


def _cancelled_event(deleted: Tombstone, zone_: ZoneInfo | None) -> Event | None:
    if deleted.deadline is None:
        return None
    component = Event()
    _cancel(component, deleted, deleted.uid)
    component.add("dtstart", localized(deleted.deadline, zone_))
    component.add("transp", "TRANSPARENT")
    return component


def _cancelled_task(deleted: Tombstone, zone_: ZoneInfo | None, uid: UUID) -> VTodo:
    component = VTodo()
    _cancel(component, deleted, uid)
    if deleted.deadline is not None:
        component.add("due", localized(deleted.deadline, zone_))
    return component


def _cancel(component: Component, deleted: Tombstone, uid: UUID) -> None:
    # Above all that the todo ever had: what is not newer is ignored (RFC 5546 section 2.1.5).
    sequence = deleted.sequence + 1
    _identify(component, uid, sequence, created=deleted.created_at, changed=deleted.deleted_at)
    component.add("summary", _Text(without_controls(deleted.title)))
    component.add("status", "CANCELLED")


def _describe(component: Component, todo: Todo, uid: UUID) -> None:
    _identify(component, uid, todo.sequence, created=todo.created_at, changed=todo.updated_at)
    component.add("summary", _Text(without_controls(todo.title)))
    if todo.description:
        component.add("description", _Text(without_controls(todo.description)))


def _identify(
    component: Component, uid: UUID, sequence: int, *, created: datetime, changed: datetime
) -> None:
    component.add("uid", str(uid))
    component.add("dtstamp", changed.replace(microsecond=0))
    component.add("last-modified", changed.replace(microsecond=0))
    component.add("created", created.replace(microsecond=0))
    component.add("sequence", sequence)


def _alarm(todo: Todo, minutes: int, parameters: dict[str, str]) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _Text(without_controls(todo.title)))
    alarm.add("trigger", timedelta(minutes=-minutes), parameters=parameters)
    return alarm
