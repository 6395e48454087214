from datetime import UTC, datetime, timedelta

import pytest

from app.domain.findings import Level, clock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.OK, "agree"),
        (2, Level.OK, "agree"),
        (-3, Level.WARNING, "3.0 s behind"),
        (3, Level.WARNING, "3.0 s ahead"),
        (301, Level.FAILED, "301.0 s ahead"),
    ],
)
def test_clocks_that_differ_are_told_by_how_much(seconds: float, level: Level, words: str) -> None:
    found = clock("clock", NOON, NOON + timedelta(seconds=seconds))
    assert found.level is level
    assert words in found.detail
    assert (found.mend is None) == (level is Level.OK)
