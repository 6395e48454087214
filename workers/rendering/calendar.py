"""A calendar as bytes (RFC 5545, RFC 7986): equal todos and options give equal bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vText
from icalendar import Todo as VTodo

from app.domain.calendars import CalendarOptions, Component
from app.domain.deadlines import DeadlineSpan, Floating, Instant
from app.domain.feeds import REFRESH
from app.domain.timezones import zone
from app.domain.todos import Todo, Tombstone
from workers.rendering.components import cancelled_event, cancelled_task, event, task
from workers.rendering.text import without_controls
from workers.rendering.timezones import vtimezone

PRODID = "-//Taskoverflow Calendar//mxm.dk//"
END = b"END:VCALENDAR\r\n"

_TASKS = UUID("5f0c1c1e-6d0b-4a53-9a4e-0f6f5ad4b5c2")
"""The namespace of the UIDs of tasks that share a file with the event of the same todo."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes a calendar piece by piece: ``begin``, ``todo`` and ``tombstone`` for each, then ``END``."""

    options: CalendarOptions

    def begin(self, span: DeadlineSpan) -> bytes:
        """All that stands before the first todo; ``span`` bounds the years its VTIMEZONE tells of."""
        # As vText: icalendar escapes on its own only the values of properties it has a type for.
        name = vText(without_controls(self.options.name))
        calendar = Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", PRODID)
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        if self.options.timezone is not None:
            calendar.add("x-wr-timezone", self.options.timezone)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(REFRESH))
        definition = vtimezone(self._zone(), span)
        if definition is not None:
            calendar.add_component(definition)
        return bytes(calendar.to_ical(sorted=False)).removesuffix(END)

    def todo(self, todo: Todo) -> bytes:
        """What the calendar shows of one todo; nothing where it can't show it."""
        shown, alarm, zone_ = self.options.component, self.options.alarm, self._zone()
        parts: list[Event | VTodo | None] = []
        if shown is not Component.TODO:
            parts.append(event(todo, zone_, alarm))
        if shown is not Component.EVENT:
            # Where both are written the event reminds; nobody wants to be told twice.
            twice = shown is Component.BOTH and todo.deadline is not None
            parts.append(task(todo, zone_, None if twice else alarm, self._task_uid(todo.uid)))
        return _joined(parts)

    def tombstone(self, deleted: Tombstone) -> bytes:
        """What the calendar says of a todo that was deleted."""
        shown, zone_ = self.options.component, self._zone()
        parts: list[Event | VTodo | None] = []
        if shown is not Component.TODO:
            parts.append(cancelled_event(deleted, zone_))
        if shown is not Component.EVENT:
            parts.append(cancelled_task(deleted, zone_, self._task_uid(deleted.uid)))
        return _joined(parts)

    def _task_uid(self, uid: UUID) -> UUID:
        # Two components of one file with one UID would be two versions of one thing (section 3.8.4.7).
        return uuid5(_TASKS, uid.hex) if self.options.component is Component.BOTH else uid

    def _zone(self) -> ZoneInfo | None:
        return None if self.options.timezone is None else zone(self.options.timezone)


def _joined(parts: Iterable[Event | VTodo | None]) -> bytes:
    return b"".join(part.to_ical() for part in parts if part is not None)


def render(todos: Iterable[Todo], options: CalendarOptions) -> Iterator[bytes]:
    """The whole calendar of todos that are at hand, in pieces."""
    kept = list(todos)
    renderer = Renderer(options)
    yield renderer.begin(span_of(kept))
    yield from map(renderer.todo, kept)
    yield END


def span_of(todos: Iterable[Todo]) -> DeadlineSpan:
    """Between which deadlines the todos lie."""
    deadlines = [todo.deadline for todo in todos]
    local = [deadline.local for deadline in deadlines if isinstance(deadline, Floating)]
    moments = [deadline.moment for deadline in deadlines if isinstance(deadline, Instant)]
    return DeadlineSpan(
        min(local, default=None),
        max(local, default=None),
        min(moments, default=None),
        max(moments, default=None),
    )
