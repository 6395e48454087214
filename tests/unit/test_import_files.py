from pathlib import Path

import pytest

from app.api.models import TodoCreate
from app.cli.importing.read import read_rows
from app.cli.importing.rows import Row, UnreadableFileError


def a_file(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(("name", "count"), [("todos.json", 66), ("todos.csv", 10), ("todos.ics", 6)])
def test_every_todo_of_the_samples_is_one_that_the_api_takes(sample: Path, name: str, count: int) -> None:
    rows = read_rows(sample / name)
    assert [row.reason for row in rows if row.reason] == []
    assert len([TodoCreate.model_validate(row.todo) for row in rows]) == count


def test_json_items_are_told_by_the_line_they_begin_at(tmp_path: Path) -> None:
    file = a_file(tmp_path, "x.json", '[\n {"title": "a"},\n\n {\n"title": "b"}, 7 ]')
    assert read_rows(file) == [
        Row(2, todo={"title": "a"}),
        Row(4, todo={"title": "b"}),
        Row(5, reason="expected an object"),
    ]


def test_json_may_be_wrapped_and_may_be_lines(tmp_path: Path) -> None:
    assert read_rows(a_file(tmp_path, "x.json", '{"todos": []}')) == []
    assert read_rows(a_file(tmp_path, "x.jsonl", '{"title": "a"}\n\nnope\n')) == [
        Row(1, todo={"title": "a"}),
        Row(3, reason="not JSON: Expecting value"),
    ]


def test_csv_cells_are_read_as_a_spreadsheet_means_them(tmp_path: Path) -> None:
    text = '\ufefftitle,completed,description\r\nA,Yes,\r\n"B\nb",maybe,\r\nC,,"x,y"\r\nD\r\n'
    assert read_rows(a_file(tmp_path, "x.csv", text)) == [
        Row(2, todo={"title": "A", "completed": True}),
        Row(3, reason="completed: expected true or false, got maybe"),
        Row(5, todo={"title": "C", "description": "x,y"}),
        Row(6, reason="expected 3 cells, got 1"),
    ]


def test_calendar_deadlines_keep_their_kind(sample: Path) -> None:
    deadlines = [row.todo.get("deadline_at") for row in read_rows(sample / "todos.ics") if row.todo]
    assert deadlines == [
        "2026-12-05T10:00:00+00:00",
        "2026-11-21",
        None,
        "2026-12-12T19:00:00",
        "2026-12-03T09:00:00+00:00",
        "2026-12-24",
    ]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.txt", "", "expected a file that ends in .json"),
        ("x.json", "[1,", "not JSON: .* at line 1"),
        ("x.json", "7", "expected an array"),
        ("x.csv", "title,colour\n", "expected a header"),
        ("x.csv", "", "got none"),
        ("x.csv", b"title\n\xff\n", "not UTF-8: byte 6 is 0xff"),
        ("x.ics", "hello", "not iCalendar"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole(
    tmp_path: Path, name: str, text: str | bytes, reason: str
) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read_rows(a_file(tmp_path, name, text))


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        read_rows(tmp_path / "x.json")
