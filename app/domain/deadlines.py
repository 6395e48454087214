"""When a todo is due: a local time anywhere (floating) or one moment everywhere (instant)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_EXPECTED = "expected an ISO 8601 date or date-time, such as 2026-02-27T14:00:00 or 2026-02-27T14:00:00Z"

_ISO_8601 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


@dataclass(frozen=True, slots=True)
class Floating:
    """A deadline on the reader's own clock, wherever that is: RFC 5545 section 3.3.5, form 1."""

    local: datetime
    """Without a zone."""

    def __str__(self) -> str:
        return _without_trailing_zeros(self.local.isoformat())


@dataclass(frozen=True, slots=True)
class Instant:
    """A deadline at one moment: RFC 5545 section 3.3.5, form 2."""

    moment: datetime
    """In UTC."""

    def __str__(self) -> str:
        return _without_trailing_zeros(self.moment.replace(tzinfo=None).isoformat()) + "+00:00"


Deadline = Floating | Instant


@dataclass(frozen=True, slots=True)
class DeadlineSpan:
    """The first and last deadlines of a set of todos; None where it has none of that kind."""

    first_local: datetime | None = None
    last_local: datetime | None = None
    first_moment: datetime | None = None
    last_moment: datetime | None = None

    def __or__(self, other: "DeadlineSpan") -> "DeadlineSpan":
        """The span of both sets together."""
        return DeadlineSpan(
            _first(self.first_local, other.first_local),
            _last(self.last_local, other.last_local),
            _first(self.first_moment, other.first_moment),
            _last(self.last_moment, other.last_moment),
        )


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _last(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def parse_deadline(text: str) -> Deadline:
    """Read an ISO 8601 date-time, or raise ``ValueError``; digits beyond microseconds are dropped."""
    match = _ISO_8601.fullmatch(text.strip())
    if match is None:
        raise ValueError(_EXPECTED)
    try:
        local = datetime.fromisoformat(match["date"]).replace(
            hour=int(match["hour"] or 0),
            minute=int(match["minute"] or 0),
            second=int(match["second"] or 0),
            microsecond=int((match["fraction"] or "").ljust(6, "0")[:6]),
        )
        offset = _offset(match["offset"])
        return Floating(local) if offset is None else Instant(local.replace(tzinfo=offset).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{_EXPECTED}; {error}") from None


def _offset(text: str | None) -> timezone | None:
    if text is None or text in "Zz":
        return UTC if text else None
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if minutes > 59:  # noqa: PLR2004 - minutes in an hour
        raise ValueError("an offset has at most 59 minutes")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _without_trailing_zeros(iso: str) -> str:
    return iso.rstrip("0") if "." in iso else iso
