"""Text of messages on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Message 0 - blåbær 🫐", "Message 0 - blåbær 🫐"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("abc\u202edef", r"abc\u202edef"),
        ("a\u2028b", r"a\u2028b"),
        ("[bold]", "[bold]"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_no_text_leaves_anything_to_obey(text: str) -> None:
    assert printable(text).isprintable()
