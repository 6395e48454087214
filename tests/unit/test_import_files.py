from collections.abc import Callable
from pathlib import Path

import pytest

from app.api.models import TodoCreate
from app.cli.importing.read import read_file
from app.cli.importing.rows import Row, UnreadableFileError
from app.domain.deadlines import parse_deadline

SAMPLE = Path(__file__).parents[2] / "docs" / "sample"

Read = Callable[[str, str | bytes], list[Row]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a file and read it as the command does."""

    def write_and_read(name: str, content: str | bytes) -> list[Row]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(path)

    return write_and_read


def calendar(*lines: str, component: str = "VTODO", before: str = "") -> str:
    body = "\r\n".join([f"BEGIN:{component}", "UID:1", *lines, f"END:{component}"])
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{before}{body}\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(("name", "count"), [("todos.json", 82), ("todos.csv", 12), ("todos.ics", 9)])
def test_every_todo_of_a_sample_is_one_that_the_service_takes(name: str, count: int) -> None:
    rows = read_file(SAMPLE / name)

    for row in rows:
        TodoCreate.model_validate(row.todo)
    assert len(rows) == count
    assert [row.line for row in rows] == sorted({row.line for row in rows})


def test_the_lines_of_a_sample_are_those_where_its_todos_begin() -> None:
    lines = (SAMPLE / "todos.json").read_text(encoding="utf-8").split("\n")

    assert all(lines[row.line - 1].strip() == "{" for row in read_file(SAMPLE / "todos.json"))


def test_the_calendar_of_the_sample_keeps_each_kind_of_deadline() -> None:
    deadlines = [row.todo and row.todo.get("deadline_at") for row in read_file(SAMPLE / "todos.ics")]

    assert deadlines == [
        "2026-12-19T10:00:00+00:00",
        "2027-01-18T17:00:00+00:00",
        "2026-11-30T07:00:00",
        "2026-11-20",
        "2027-01-04T07:30:00+00:00",
        None,
        "2027-03-28T16:30:00+00:00",
        "2027-05-17",
        "2026-12-16T09:00:00+00:00",
    ]


def test_a_json_array_is_read_with_the_line_of_each_item(read: Read) -> None:
    rows = read("a.json", '\n[\n  {"title": "A"}, {"title": "B"},\n\n  {"title":\n "C"}\n, 7]\n')

    assert [(row.line, row.todo) for row in rows[:3]] == [
        (3, {"title": "A"}),
        (3, {"title": "B"}),
        (5, {"title": "C"}),
    ]
    assert rows[3] == Row(7, reason="expected an object")


def test_a_json_object_is_read_for_its_todos(read: Read) -> None:
    rows = read("a.JSON", b'\xef\xbb\xbf{"made": [1, {"todos": []}],\n"todos": [{"title": "A"}], "n": 1}')

    assert rows == [Row(2, {"title": "A"})]


@pytest.mark.parametrize("content", ["[]", '{"todos": [ ]}'])
def test_a_json_file_may_hold_no_todos(read: Read, content: str) -> None:
    assert read("a.json", content) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1: expected an array"),
        ("\n7", "line 2: expected an array"),
        ("{}", 'an object with a "todos" array'),
        ('{"title": "A"}', 'an object with a "todos" array'),
        ('{"todos": {}}', 'an object with a "todos" array'),
        ('{"todos": [], "todos": []}', "given twice"),
        ("{todos: []}", "a key in double quotes"),
        ('[{"title": "A"},\n]', "line 2: Expecting value"),
        ('[{"title": "A"}\n{"title": "B"}]', "line 2: expected , or ], found {"),
        ('[{"title": "A"}', "expected , or ], found the end"),
        ('[{"title": "A", "title": "B"}]', 'line 1: the key "title" is given twice'),
        ('[{"title": "A"}]\n[]', "line 2: expected nothing after the todos"),
        ('[\n{"title": NaN}]', "line 2: NaN is no JSON value"),
        ("[" * 100_000, "line 1: nested too deeply"),
    ],
)
def test_a_json_file_that_is_none_is_named_with_its_line(read: Read, content: str, reason: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read("a.json", content)

    assert reason in str(caught.value)


def test_a_broken_line_of_json_lines_leaves_the_others(read: Read) -> None:
    rows = read("a.jsonl", '{"title": "A\u2028B"}\r\n\n{"title": }\n[]\n{"title": "C"}')

    assert rows == [
        Row(1, {"title": "A\u2028B"}),
        Row(3, reason="expected JSON: Expecting value at column 11"),
        Row(4, reason="expected an object"),
        Row(5, {"title": "C"}),
    ]


def test_an_empty_cell_is_a_key_left_out(read: Read) -> None:
    rows = read("a.csv", "title,description,completed,deadline_at\r\nA,,,\r\nB,,YES,2026-12-24\r\n")

    assert rows == [
        Row(2, {"title": "A"}),
        Row(3, {"title": "B", "completed": True, "deadline_at": "2026-12-24"}),
    ]


def test_a_quoted_cell_may_span_lines(read: Read) -> None:
    rows = read("a.csv", b'\xef\xbb\xbfdescription,title\n"a ""b"",\r\n\nc",A\n\n"x",B')

    assert rows == [
        Row(2, {"description": 'a "b",\n\nc', "title": "A"}),
        Row(6, {"description": "x", "title": "B"}),
    ]


def test_a_record_that_makes_no_todo_leaves_the_others(read: Read) -> None:
    rows = read("a.csv", "title,completed\nA,maybe\nB\nC,0,late\nD, False \n")

    assert rows == [
        Row(2, reason="completed: expected true, false, 1, 0, yes or no, got 'maybe'"),
        Row(3, reason="expected 2 cells, as in the header, got 1"),
        Row(4, reason="expected 2 cells, as in the header, got 3"),
        Row(5, {"title": "D", "completed": False}),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "line 1: expected a header row with a title column"),
        (b"description\nA\n", "expected a header row with a title column"),
        (b"title,priority\nA,1\n", "line 1: unknown column 'priority'"),
        (b"title;completed\nA;1\n", "unknown column 'title;completed'"),
        (b"title,title\nA,B\n", "the column 'title' is given twice"),
        (b'title\nA\n"B\nC\n', "line 3: unexpected end of data"),
        (b"title\nA\nbl\xe5b\xe6r\n", "line 3: expected UTF-8, found byte 0xE5"),
    ],
)
def test_a_csv_file_that_is_none_is_named_with_its_line(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read("a.csv", content)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("line", "deadline"),
    [
        ("DUE:20261219T110000", "2026-12-19T11:00:00"),
        ("DUE:20261219T110000Z", "2026-12-19T11:00:00+00:00"),
        ("DUE;TZID=Europe/Oslo:20261219T110000", "2026-12-19T10:00:00+00:00"),
        ("DUE;TZID=America/New_York:20261101T013000", "2026-11-01T05:30:00+00:00"),
        ("DUE;TZID=Europe/Oslo:20270328T023000", "2027-03-28T01:30:00+00:00"),
        ("DUE;TZID=W. Europe Standard Time:20261219T110000", "2026-12-19T10:00:00+00:00"),
        ("DUE;TZID=My/Zone:20261219T110000", "2026-12-19T08:00:00+00:00"),
        ("DUE;VALUE=DATE:20261219", "2026-12-19"),
        ("DTSTART:20261218T110000\r\nDUE:20261219T110000", "2026-12-19T11:00:00"),
        ("DTSTART:20261218T110000", "2026-12-18T11:00:00"),
    ],
)
def test_a_deadline_of_a_calendar_stays_floating_or_an_instant(read: Read, line: str, deadline: str) -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:My/Zone\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0300\r\n"
    zone += "TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"

    (row,) = read("a.ics", calendar("SUMMARY:A", line, before=zone))

    assert row.todo == {"title": "A", "completed": False, "deadline_at": deadline}


def test_a_time_zone_with_seconds_in_its_offset_makes_an_instant(read: Read) -> None:
    (row,) = read("a.ics", calendar("DUE;TZID=Europe/Oslo:18000101T110000"))

    assert row.todo is not None
    assert parse_deadline(str(row.todo["deadline_at"]))


@pytest.mark.parametrize("line", ["STATUS:COMPLETED", "status:completed", "COMPLETED:20261118T190312Z"])
def test_a_to_do_that_is_done_is_completed(read: Read, line: str) -> None:
    (row,) = read("a.ics", calendar("SUMMARY:A", line))

    assert row.todo == {"title": "A", "completed": True}


def test_an_event_is_due_when_it_begins(read: Read) -> None:
    lines = (
        "SUMMARY:A\\, b\\; c\\\\d",
        "DESCRIPTION:e\\n",
        " f",
        "DTSTART;VALUE=DATE:20261219",
        "STATUS:CONFIRMED",
    )
    alarm = ("BEGIN:VALARM", "TRIGGER:-PT5M", "ACTION:DISPLAY", "DESCRIPTION:no", "END:VALARM")

    (row,) = read("a.ics", calendar(*lines, *alarm, component="VEVENT"))

    assert row == Row(3, {"title": "A, b; c\\d", "description": "e\nf", "deadline_at": "2026-12-19"})


@pytest.mark.parametrize("component", ["VTODO", "VEVENT"])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("DTSTART:tomorrow", "tomorrow"),
        ("DTSTART;VALUE=DATE:20261340", "20261340"),
        ("DTSTART;TZID=Nowhere/Land:20261219T110000", "DTSTART: the time zone Nowhere/Land is not known"),
        ("DTSTART;TZID=Europe/Oslo:20261219T110000Z", "a time has both a TZID and a Z"),
        ("DTSTART;VALUE=DURATION:PT1H", "DTSTART: expected a date or a date-time"),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", "DTSTART: out of range in UTC"),
        ("DTSTART:20261219\r\nDTSTART:20261220", "DTSTART is given 2 times"),
        ("SUMMARY:B", "SUMMARY is given 2 times"),
        ("DTSTART:20261219T110000\r\nRRULE:FREQ=DAILY", "it repeats"),
        ("no colon", "no colon"),
    ],
)
def test_a_component_that_makes_no_todo_is_refused(
    read: Read, line: str, reason: str, component: str
) -> None:
    (row,) = read("a.ics", calendar("SUMMARY:A", line, component=component))

    assert (row.line, row.todo) == (3, None)
    assert reason in str(row.reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "line 1: expected BEGIN:VCALENDAR"),
        ("hello", "line 1: expected BEGIN:VCALENDAR"),
        ("BEGIN:VTODO\nEND:VTODO", "line 1: expected BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR", "line 3: expected BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:A\n", "the file ends before END:VTODO"),
        ("BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VEVENT\n", "line 3: expected END:VTODO, found END:VEVENT"),
    ],
)
def test_a_calendar_that_is_cut_off_is_not_taken_in_part(read: Read, content: str, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read("a.ics", content)


def test_a_file_of_another_kind_is_not_guessed_at(read: Read) -> None:
    with pytest.raises(UnreadableFileError, match="a name that ends in"):
        read("a.txt", "Buy milk")
