"""What an examination of the set-up found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_NOTICED_SECONDS = 2.0
_REFUSED_SECONDS = 300.0
"""From here on AWS refuses what is signed by the clock."""


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


def clock(subject: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare a server's clock with this machine's; both with a zone."""
    skew = (ours - theirs).total_seconds()
    where = f"this machine's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    if abs(skew) > _REFUSED_SECONDS:
        return Finding(subject, Level.FAILED, where, "set this machine's clock, and keep it set by NTP")
    if abs(skew) > _NOTICED_SECONDS:
        return Finding(subject, Level.WARNING, where, "keep this machine's clock set by NTP")
    return Finding(subject, Level.OK, "this machine's clock and the server's agree")
