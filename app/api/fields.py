"""Types of members that requests share: what is allowed, and how the schema says so."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr, WithJsonSchema

from app.domain.calendars import MAX_ALARM_MINUTES
from app.domain.deadlines import Deadline, parse_deadline
from app.domain.text import printable
from app.domain.timezones import known_timezone
from app.domain.todos import DESCRIPTION_LENGTH, MAX_WINDOW_DAYS, SEARCH_LENGTH, TITLE_LENGTH

_NO_CONTROLS = r"[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]"
_NO_BLANKS = r"[^\u0000-\u0020\u007f-\u00a0\s]"


def _line(text: str) -> str:
    trimmed = printable(text).strip()
    if not 1 <= len(trimmed) <= TITLE_LENGTH:
        raise ValueError(f"expected 1 to {TITLE_LENGTH} characters, got {len(trimmed)}")
    return trimmed


def _description(text: str) -> str:
    if len(text) > DESCRIPTION_LENGTH:
        raise ValueError(f"expected up to {DESCRIPTION_LENGTH} characters, got {len(text)}")
    return printable(text)


def _search(text: str) -> str:
    trimmed = printable(text).strip()
    if not 1 <= len(trimmed) <= SEARCH_LENGTH:
        raise ValueError(f"expected 1 to {SEARCH_LENGTH} characters, got {len(trimmed)}")
    return trimmed


def _deadline(value: object) -> Deadline | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("expected a string with a date-time, or null")  # noqa: TRY004 - pydantic wants it
    return parse_deadline(value)


def _string(**rules: str | int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **rules})


Line = Annotated[
    StrictStr,
    AfterValidator(_line),
    _string(minLength=1, maxLength=TITLE_LENGTH, pattern=f"^{_NO_CONTROLS}*{_NO_BLANKS}{_NO_CONTROLS}*$"),
]
"""1 to 80 characters after trimming, none of them a control character but tab and newline."""

DescriptionText = Annotated[
    StrictStr,
    AfterValidator(_description),
    _string(maxLength=DESCRIPTION_LENGTH, pattern=f"^{_NO_CONTROLS}*$"),
]

SearchText = Annotated[
    StrictStr,
    AfterValidator(_search),
    _string(minLength=1, maxLength=SEARCH_LENGTH, pattern=f"^{_NO_CONTROLS}*{_NO_BLANKS}{_NO_CONTROLS}*$"),
]

DeadlineText = Annotated[
    Deadline | None,
    BeforeValidator(_deadline),
    WithJsonSchema({"type": ["string", "null"], "format": "iso8601"}),
]

TimezoneName = Annotated[StrictStr, AfterValidator(known_timezone), _string(format="iana-timezone")]


def _whole(value: object) -> object:
    # To JSON 7.0 is as whole as 7; true is not.
    return int(value) if isinstance(value, float) and value.is_integer() else value


WindowDays = Annotated[StrictInt, Field(ge=0, le=MAX_WINDOW_DAYS), BeforeValidator(_whole)]
AlarmMinutes = Annotated[StrictInt, Field(ge=0, le=MAX_ALARM_MINUTES), BeforeValidator(_whole)]

DEADLINE_DESCRIPTION = (
    "ISO 8601, with `T` or a space between date and time; a bare date is its first moment. "
    "Without an offset it is a *floating* local time, which means the same on every clock and comes back "
    "as it was sent. With an offset or `Z` it is an *instant*, and comes back in UTC."
)
