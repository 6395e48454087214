"""A calendar as bytes (RFC 5545, RFC 7986): equal todos and options give equal bytes."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import vDuration

from app.domain.calendars import CalendarOptions, Component
from app.domain.deadlines import DeadlineSpan, Floating, Instant
from app.domain.feeds import REFRESH
from app.domain.timezones import zone
from app.domain.todos import Todo, Tombstone
from workers.rendering.components import cancelled_event, cancelled_task, event, task
from workers.rendering.text import text_line
from workers.rendering.timezones import is_declared, vtimezone

PRODID = "-//Taskoverflow Calendar//mxm.dk//"
END = b"END:VCALENDAR\r\n"

_BATCH = 1000

_TASKS = UUID("5f0c1c1e-6d0b-4a53-9a4e-0f6f5ad4b5c2")
"""The namespace of the UIDs of tasks that share a file with the event of the same todo."""


class Renderer:
    """Writes a calendar piece by piece: ``begin``, ``todos`` and ``tombstones``, then ``END``."""

    def __init__(self, options: CalendarOptions) -> None:
        """Work out what all todos of the calendar have in common."""
        self._options = options
        self._zone = _zone(options.timezone)
        self._trigger = None if options.alarm is None else _duration(-timedelta(minutes=options.alarm))

    @property
    def needs_span(self) -> bool:
        """Whether ``begin`` must know between which deadlines the todos lie."""
        return is_declared(self._zone)

    @property
    def is_plain(self) -> bool:
        """Whether todos are written as the database keeps them: as events, with no zone and no alarm."""
        return self._options.component is Component.EVENT and self._zone is None and self._trigger is None

    def begin(self, span: DeadlineSpan) -> bytes:
        """All that stands before the first todo; ``span`` bounds the years its VTIMEZONE tells of."""
        return _head(self._options.name, self._options.timezone, span)

    def todos(self, todos: Iterable[Todo]) -> bytes:
        """What the calendar shows of each of these; nothing where it can't show it."""
        return "".join(map(self._todo, todos)).encode()

    def skips(self, todo: Todo) -> bool:
        """Whether the calendar can't show it, for want of a deadline."""
        return self._options.component is Component.EVENT and todo.deadline is None

    def tombstones(self, deleted: Iterable[Tombstone]) -> bytes:
        """What the calendar says of todos that were deleted."""
        return "".join(map(self._tombstone, deleted)).encode()

    def _todo(self, todo: Todo) -> str:
        shown = self._options.component
        if shown is Component.EVENT:
            return event(todo, self._zone, self._trigger)
        if shown is Component.TODO:
            return task(todo, self._zone, self._trigger, todo.uid)
        # Where both are written the event reminds; nobody wants to be told twice.
        return event(todo, self._zone, self._trigger) + task(todo, self._zone, None, _task_uid(todo.uid))

    def _tombstone(self, deleted: Tombstone) -> str:
        shown = self._options.component
        if shown is Component.EVENT:
            return cancelled_event(deleted, self._zone)
        if shown is Component.TODO:
            return cancelled_task(deleted, self._zone, deleted.uid)
        return cancelled_event(deleted, self._zone) + cancelled_task(
            deleted, self._zone, _task_uid(deleted.uid)
        )


@lru_cache(maxsize=64)
def _head(name: str, timezone: str | None, span: DeadlineSpan) -> bytes:
    # By hand, for icalendar takes as long for these few lines as all else about a short file does.
    declared = vtimezone(_zone(timezone), span)
    return "".join(
        (
            "BEGIN:VCALENDAR\r\n",
            "VERSION:2.0\r\n",
            f"PRODID:{PRODID}\r\n",
            "CALSCALE:GREGORIAN\r\n",
            "METHOD:PUBLISH\r\n",
            text_line("NAME", name),
            text_line("X-WR-CALNAME", name),
            "" if timezone is None else text_line("X-WR-TIMEZONE", timezone),
            f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}\r\n",
            f"X-PUBLISHED-TTL:{_REFRESH}\r\n",
            "" if declared is None else declared.to_ical(sorted=False).decode(),
        )
    ).encode()


def _zone(name: str | None) -> ZoneInfo | None:
    return None if name is None else zone(name)


def _duration(time: timedelta) -> str:
    duration: bytes = vDuration(time).to_ical()  # type: ignore[no-untyped-call]
    return duration.decode()


_REFRESH = _duration(REFRESH)


def _task_uid(uid: UUID) -> UUID:
    # Two components of one file with one UID would be two versions of one thing (section 3.8.4.7).
    return uuid5(_TASKS, uid.hex)


def render(todos: Iterable[Todo], options: CalendarOptions) -> Iterator[bytes]:
    """The whole calendar of todos that are at hand, in pieces."""
    kept = list(todos)
    renderer = Renderer(options)
    yield renderer.begin(span_of(kept) if renderer.needs_span else DeadlineSpan())
    for start in range(0, len(kept), _BATCH):
        yield renderer.todos(kept[start : start + _BATCH])
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
