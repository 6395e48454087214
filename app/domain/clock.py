"""What time it is, outside the database."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Answers the present moment in UTC; tests pass one that they move."""


def system_clock() -> datetime:
    """The machine's own clock."""
    return datetime.now(UTC)
