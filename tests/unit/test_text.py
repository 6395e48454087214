import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import printable
from workers.rendering.text import without_controls


@pytest.mark.parametrize("character", ["\x00", "\r", "\x1b", "\x7f", "\x85", "\x9f", "\ud800"])
def test_text_that_no_calendar_can_hold_is_refused(character: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(character):04X} at 1"):
        printable(f"a{character}b")


def test_tabs_newlines_and_every_script_are_kept() -> None:
    text = "a\tb\nc 明日 👩‍👩‍👧 مرحبا"
    assert printable(text) == text


@given(st.text(st.characters(codec="utf-8")))
def test_the_last_look_removes_controls_and_nothing_else(text: str) -> None:
    kept = [c for c in text if c in "\t\n" or unicodedata.category(c) != "Cc"]
    assert without_controls(text) == "".join(kept)
