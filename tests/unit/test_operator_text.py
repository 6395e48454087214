"""What an operator's terminal is given."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from app.cli.operating.tables import aligned, framed
from app.cli.operating.text import json_line, on_one_line, short, span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain æøå 日本", "plain æøå 日本"),
        (" two\n  lines\t", "two lines"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b2J\x7f", "\\x9b2J\\x7f"),
        ("abc\u202edcb", "abc\\u202edcb"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


def test_json_is_ascii_without_control_characters() -> None:
    line = json_line({"a": "\x1b\x7f\x9b\n日", "at": datetime(2026, 1, 2, tzinfo=UTC)})
    assert line == '{"a": "\\u001b\\u007f\\u009b\\n\\u65e5", "at": "2026-01-02T00:00:00+00:00"}'


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0.00 s"),
        (0.123, "0.12 s"),
        (9.87, "9.9 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (86_400, "24 h"),
        (172_800, "2 d"),
    ],
)
def test_a_span_is_about_as_long(seconds: float, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown


def test_a_long_text_is_cut() -> None:
    assert (short("abcdef", 6), short("abcdefg", 6)) == ("abcdef", "abcde…")


def test_plain_columns_are_aligned_by_what_they_take_on_screen() -> None:
    assert aligned(("a", "bb"), [("日本", "x"), ("c", "")]) == ["A     BB", "日本  x", "c"]


@pytest.mark.parametrize(("width", "shown"), [(80, "01234567-89ab "), (120, "01234567-89ab-cdef")])
def test_markup_in_a_cell_is_text_and_a_narrow_terminal_gets_short_ids(width: int, shown: str) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    console.print(framed(("id", "error"), [("01234567-89ab-cdef", "[red]:smile:[/red]" + "x" * 200)], width))
    line = out.getvalue().splitlines()[3]
    assert shown in line
    assert "[red]:smile:[/red]xx" in line
    assert line.rstrip().endswith("…")
