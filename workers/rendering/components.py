"""One todo as a VEVENT or a VTODO (RFC 5545 sections 3.6.1 and 3.6.2)."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Alarm, Component, Event
from icalendar import Todo as VTodo

from app.domain.todos import Todo, Tombstone
from workers.rendering.text import without_controls
from workers.rendering.timezones import localized


def event(todo: Todo, zone: ZoneInfo | None, alarm: int | None) -> Event | None:
    """The todo as an event at its deadline; None without one, since an event can't be without a start."""
    if todo.deadline is None:
        return None
    component = Event()
    _describe(component, todo, todo.uid)
    component.add("dtstart", localized(todo.deadline, zone))
    component.add("status", "CONFIRMED")
    component.add("transp", "TRANSPARENT")
    if alarm is not None:
        component.add_component(_alarm(todo, alarm, {}))
    return component


def task(todo: Todo, zone: ZoneInfo | None, alarm: int | None, uid: UUID) -> VTodo:
    """The todo as a task, due at its deadline where it has one."""
    component = VTodo()
    _describe(component, todo, uid)
    if todo.completed_at is not None:
        component.add("status", "COMPLETED")
        component.add("completed", todo.completed_at.replace(microsecond=0))
        component.add("percent-complete", 100)
    else:
        component.add("status", "NEEDS-ACTION")
    if todo.deadline is not None:
        component.add("due", localized(todo.deadline, zone))
        if alarm is not None:
            # It has no DTSTART, which an alarm counts from unless told otherwise (section 3.8.6.3).
            component.add_component(_alarm(todo, alarm, {"RELATED": "END"}))
    return component


def cancelled_event(deleted: Tombstone, zone: ZoneInfo | None) -> Event | None:
    """The event of a todo that was deleted, if it had one, for apps that keep what a file no longer has."""
    if deleted.deadline is None:
        return None
    component = Event()
    _cancel(component, deleted, deleted.uid)
    component.add("dtstart", localized(deleted.deadline, zone))
    component.add("transp", "TRANSPARENT")
    return component


def cancelled_task(deleted: Tombstone, zone: ZoneInfo | None, uid: UUID) -> VTodo:
    """The task of a todo that was deleted."""
    component = VTodo()
    _cancel(component, deleted, uid)
    if deleted.deadline is not None:
        component.add("due", localized(deleted.deadline, zone))
    return component


def _cancel(component: Component, deleted: Tombstone, uid: UUID) -> None:
    # Above all that the todo ever had: what is not newer is ignored (RFC 5546 section 2.1.5).
    sequence = deleted.sequence + 1
    _identify(component, uid, sequence, created=deleted.created_at, changed=deleted.deleted_at)
    component.add("summary", without_controls(deleted.title))
    component.add("status", "CANCELLED")


def _describe(component: Component, todo: Todo, uid: UUID) -> None:
    _identify(component, uid, todo.sequence, created=todo.created_at, changed=todo.updated_at)
    component.add("summary", without_controls(todo.title))
    if todo.description:
        component.add("description", without_controls(todo.description))


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
    alarm.add("description", without_controls(todo.title))
    alarm.add("trigger", timedelta(minutes=-minutes), parameters=parameters)
    return alarm
