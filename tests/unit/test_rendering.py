"""What calendar.md asks of a file, read back by parsers that nobody here wrote."""

import warnings
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from app.domain.calendars import CalendarOptions, Component
from app.domain.deadlines import Deadline, Floating, Instant
from app.domain.todos import Todo
from tests.support.any_todo import any_options, any_todo
from tests.support.todos import NOW, a_todo
from workers.rendering.calendar import render

FLOATING = Floating(datetime(2023, 4, 3, 14, 0))  # noqa: DTZ001 - that is what floating means
INSTANT = Instant(datetime(2023, 4, 3, 14, 0, tzinfo=UTC))


def file(*todos: Todo, **options: Any) -> bytes:
    return b"".join(render(todos, CalendarOptions(**options)))


def lines(*todos: Todo, **options: Any) -> list[str]:
    return file(*todos, **options).decode().replace("\r\n ", "").split("\r\n")


@settings(deadline=None)
@given(st.lists(any_todo, max_size=4), any_options)
def test_every_line_is_one_that_every_client_reads(todos: list[Todo], options: CalendarOptions) -> None:
    data = b"".join(render(todos, options))
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    text = data.decode().replace("\r\n", "\n")
    assert not [c for c in text if c not in "\t\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]


@settings(deadline=None)
@given(st.lists(any_todo, max_size=3, unique_by=lambda todo: todo.uid), any_options)
def test_equal_todos_give_equal_bytes(todos: list[Todo], options: CalendarOptions) -> None:
    assert b"".join(render(todos, options)) == b"".join(render(todos, options))


@settings(deadline=None)
@given(st.lists(any_todo, max_size=3, unique_by=lambda todo: todo.uid), any_options)
def test_icalendar_reads_every_file_without_an_error(todos: list[Todo], options: CalendarOptions) -> None:
    parsed = Calendar.from_ical(b"".join(render(todos, options)))
    assert [c.errors for c in parsed.walk() if c.errors] == []
    events = 0 if options.component is Component.TODO else sum(t.deadline is not None for t in todos)
    tasks = 0 if options.component is Component.EVENT else len(todos)
    assert (len(parsed.walk("VEVENT")), len(parsed.walk("VTODO"))) == (events, tasks)


in_reach = st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1))  # noqa: DTZ001
ordinary_todo = st.builds(
    a_todo,
    uid=st.uuids(),
    title=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=80),
    deadline=st.one_of(in_reach.map(Floating), in_reach.map(lambda d: Instant(d.replace(tzinfo=UTC)))),
    completed_at=st.none() | st.just(NOW),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(ordinary_todo, max_size=3, unique_by=lambda todo: todo.uid), any_options)
def test_vobject_and_ical_read_every_file(todos: list[Todo], options: CalendarOptions) -> None:
    text = b"".join(render(todos, options)).decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # vobject's own use of what Python no longer likes
        for component in vobject.readOne(text).components():
            assert component.validate(raiseException=True)
    parsed = IcsCalendarStream.calendar_from_ics(text)
    if options.component is not Component.EVENT:
        assert [todo.summary for todo in parsed.todos] == [todo.title for todo in todos]


def test_the_frame_says_what_clients_ask_for() -> None:
    assert lines(name="Åse; home")[:12] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Taskoverflow Calendar//mxm.dk//",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "NAME:Åse\\; home",
        "X-WR-CALNAME:Åse\\; home",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "END:VCALENDAR",
        "",
    ]


def test_an_event_has_all_that_is_required_and_nothing_made_up() -> None:
    assert sorted(lines(a_todo(deadline=FLOATING, sequence=3))[9:-2]) == [
        "BEGIN:VEVENT",
        "CREATED:20261124T083015Z",
        "DTSTAMP:20261124T083015Z",
        "DTSTART:20230403T140000",
        "END:VEVENT",
        "LAST-MODIFIED:20261124T083015Z",
        "SEQUENCE:3",
        "STATUS:CONFIRMED",
        "SUMMARY:Buy milk",
        "TRANSP:TRANSPARENT",
        "UID:11111111-2222-4333-8444-555555555555",
    ]


@pytest.mark.parametrize(
    ("deadline", "zone", "line"),
    [
        (FLOATING, None, "DTSTART:20230403T140000"),
        (FLOATING, "Europe/Oslo", "DTSTART;TZID=Europe/Oslo:20230403T140000"),
        (FLOATING, "UTC", "DTSTART:20230403T140000Z"),
        (INSTANT, None, "DTSTART:20230403T140000Z"),
        (INSTANT, "Europe/Oslo", "DTSTART;TZID=Europe/Oslo:20230403T160000"),
        (INSTANT, "UTC", "DTSTART:20230403T140000Z"),
    ],
)
def test_a_deadline_means_the_same_in_the_file(deadline: Deadline, zone: str | None, line: str) -> None:
    assert line in lines(a_todo(deadline=deadline), timezone=zone)


def test_the_second_of_two_equal_local_times_is_told_in_utc() -> None:
    first, second = (Instant(datetime(2023, 10, 29, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    text = lines(a_todo(deadline=first), a_todo(deadline=second), timezone="Europe/Oslo")
    assert [line for line in text if (line.startswith("DTSTART") and "0230" in line) or "0130" in line] == [
        "DTSTART;TZID=Europe/Oslo:20231029T023000",
        "DTSTART:20231029T013000Z",
    ]


def test_every_tzid_is_declared_and_no_other() -> None:
    text = lines(a_todo(deadline=FLOATING), timezone="Europe/Oslo")
    assert text.count("TZID:Europe/Oslo") == 1
    assert "BEGIN:VTIMEZONE" not in lines(a_todo(deadline=FLOATING))
    assert "BEGIN:VTIMEZONE" not in lines(a_todo(), timezone="Europe/Oslo", component=Component.TODO)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Oslo",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Europe/Dublin",
        "Asia/Kolkata",
    ],
)
def test_the_zones_definition_agrees_with_the_database(zone: str) -> None:
    """Applied as RFC 5545 section 3.6.5 says: the latest onset at or before a local time rules."""
    start, end = datetime(2020, 1, 1), datetime(2028, 1, 1)  # noqa: DTZ001
    data = file(a_todo(deadline=Floating(start)), a_todo(deadline=Floating(end)), timezone=zone)
    (definition,) = Calendar.from_ical(data).walk("VTIMEZONE")
    onsets: list[tuple[datetime, timedelta]] = []
    observances: list[Any] = definition.subcomponents
    for observance in observances:
        dates = [observance["dtstart"].dt, *(d.dt for d in getattr(observance.get("rdate"), "dts", []))]
        change = observance["tzoffsetfrom"].td, observance["tzoffsetto"].td
        onsets += [(onset - change[0], change[1]) for onset in dates]
    onsets.sort()
    moment = start
    while moment < end:
        offset = [to for onset, to in onsets if onset <= moment][-1]
        assert offset == moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset(), moment
        moment += timedelta(hours=7)


def test_without_a_deadline_there_is_a_task_but_no_event() -> None:
    assert "BEGIN:VEVENT" not in lines(a_todo())
    text = lines(a_todo(), component=Component.TODO)
    assert "BEGIN:VTODO" in text
    assert not [line for line in text if line.startswith("DUE")]


def test_a_done_task_says_so() -> None:
    text = lines(a_todo(completed=True, completed_at=NOW), component=Component.TODO)
    assert {"STATUS:COMPLETED", "COMPLETED:20261124T083015Z", "PERCENT-COMPLETE:100"} <= set(text)
    assert "STATUS:NEEDS-ACTION" in lines(a_todo(), component=Component.TODO)


def test_an_alarm_has_its_description_and_goes_off_before() -> None:
    text = lines(a_todo(deadline=FLOATING), alarm=90)
    assert {"BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Buy milk", "TRIGGER:-PT1H30M"} <= set(text)
    due = lines(a_todo(deadline=FLOATING), alarm=90, component=Component.TODO)
    assert "TRIGGER;RELATED=END:-PT1H30M" in due


def test_an_event_and_a_task_of_one_todo_have_different_ids_and_one_alarm() -> None:
    text = lines(a_todo(deadline=FLOATING), component=Component.BOTH, alarm=5)
    uids = [line for line in text if line.startswith("UID")]
    assert len(set(uids)) == 2
    assert text.count("BEGIN:VALARM") == 1


def test_text_is_escaped_and_never_says_none() -> None:
    text = lines(a_todo(deadline=FLOATING, title="a;b,c\\d", description="one\ntwo\rTRANSP:OPAQUE"))
    assert "SUMMARY:a\\;b\\,c\\\\d" in text
    assert "DESCRIPTION:one\\ntwoTRANSP:OPAQUE" in text
    assert b"None" not in file(a_todo(deadline=FLOATING))


@pytest.mark.parametrize("path", [r"C:\New", r"C:\new", r"C:\,;\\N"])
def test_letters_after_a_backslash_are_no_newline(path: str) -> None:
    data = file(a_todo(deadline=FLOATING, title=path, description=path), name=path)
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert (event["summary"], event["description"]) == (path, path)
    (read,) = IcsCalendarStream.calendar_from_ics(data.decode()).events
    assert (read.summary, read.description) == (path, path)
    # Neither parser takes the names of a calendar for text.
    value = path.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    assert {f"NAME:{value}", f"X-WR-CALNAME:{value}"} <= set(data.decode().split("\r\n"))


def test_an_offset_far_from_utc_does_not_break_the_ends_of_time() -> None:
    early = Instant(datetime.min.replace(tzinfo=UTC))
    assert "DTSTART:00010101T000000Z" in lines(a_todo(deadline=early), timezone="America/New_York")
