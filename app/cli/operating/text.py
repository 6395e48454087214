"""Data as a terminal may show it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.cli.printable import printable

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def on_one_line(text: str) -> str:
    """Text without its line breaks, and with what a terminal would obey written out as an escape."""
    return printable(" ".join(text.split()))


def short(text: str, length: int) -> str:
    """The beginning of a text that is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def span(time: timedelta) -> str:
    """About how long it is: two digits matter, the rest is noise."""
    seconds = max(time.total_seconds(), 0.0)  # two clocks of one computer may differ by a hair
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004


def moment(time: datetime) -> str:
    """A point in time, in UTC and to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def json_line(value: Mapping[str, Any]) -> str:
    """An object as JSON on a line of its own, in ASCII: no character of it does anything to a terminal."""
    return json.dumps(value, default=_plain).replace("\x7f", "\\u007f")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
