"""What an examination of the set-up found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well or as safely as it could."""
    FAILED = "failed"
    """Jobs are not made, or may be delayed for long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    level: Level
    detail: str
    """What was seen."""
    mend: str | None = None
    """What to do about it."""
