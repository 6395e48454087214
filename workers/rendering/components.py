"""One todo as a VEVENT or a VTODO (RFC 5545 sections 3.6.1 and 3.6.2)."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Alarm, Component, Event
from icalendar import Todo as VTodo

from app.domain.todos import Todo
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


def _describe(component: Component, todo: Todo, uid: UUID) -> None:
    updated: datetime = todo.updated_at.replace(microsecond=0)
    component.add("uid", str(uid))
    component.add("dtstamp", updated)
    component.add("last-modified", updated)
    component.add("created", todo.created_at.replace(microsecond=0))
    component.add("sequence", todo.sequence)
    component.add("summary", without_controls(todo.title))
    if todo.description:
        component.add("description", without_controls(todo.description))


def _alarm(todo: Todo, minutes: int, parameters: dict[str, str]) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", without_controls(todo.title))
    alarm.add("trigger", timedelta(minutes=-minutes), parameters=parameters)
    return alarm
