"""What is written by hand is, to the byte, what icalendar would write."""

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calendars import CalendarOptions, Component
from app.domain.deadlines import Deadline, DeadlineSpan, Floating, Instant
from app.domain.todos import Todo, Tombstone
from tests.support import icalendar_oracle
from tests.support.any_todo import any_options, any_todo, any_tombstone
from tests.support.todos import a_todo
from workers.rendering.calendar import Renderer

NOON = datetime(2023, 7, 1, 12)  # noqa: DTZ001


def one(todo: Todo, options: CalendarOptions) -> bytes:
    return Renderer(options).todos([todo])


@settings(deadline=None)
@given(any_options, st.none() | st.datetimes())
def test_what_stands_before_the_todos(options: CalendarOptions, local: datetime | None) -> None:
    span = DeadlineSpan(local, local)
    assert Renderer(options).begin(span) == icalendar_oracle.head(options, span)


@settings(deadline=None)
@given(any_todo, any_options)
def test_a_todo(todo: Todo, options: CalendarOptions) -> None:
    assert one(todo, options) == icalendar_oracle.todo(todo, options)


@settings(deadline=None)
@given(any_tombstone, any_options)
def test_a_todo_that_was_deleted(deleted: Tombstone, options: CalendarOptions) -> None:
    assert Renderer(options).tombstones([deleted]) == icalendar_oracle.tombstone(deleted, options)


@settings(deadline=None)
@given(st.lists(any_todo, max_size=5), any_options)
def test_todos_in_a_row(todos: list[Todo], options: CalendarOptions) -> None:
    one_by_one = b"".join(icalendar_oracle.todo(todo, options) for todo in todos)
    assert Renderer(options).todos(todos) == one_by_one


@pytest.mark.parametrize("deadline", [Floating(NOON), Instant(NOON.replace(tzinfo=UTC))])
def test_a_deadline_in_every_zone(deadline: Deadline) -> None:
    for zone in available_timezones() - {"localtime", "Factory"}:
        options = CalendarOptions(timezone=zone, component=Component.BOTH)
        todo = a_todo(deadline=deadline)
        assert one(todo, options) == icalendar_oracle.todo(todo, options)


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀", "\\", "^", ";", r"\N"])
def test_a_fold_at_every_octet(letter: str) -> None:
    for length in range(1, 161):
        todo = a_todo(deadline=Floating(NOON), title="x" * length + letter * 30)
        assert one(todo, CalendarOptions()) == icalendar_oracle.todo(todo, CalendarOptions())
