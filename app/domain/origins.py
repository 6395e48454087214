"""Where a job comes from, so that logs and traces of its request go on where it is made."""

import re
from contextvars import ContextVar
from dataclasses import dataclass

REQUEST_ID = "X-Request-ID"
MAX_REQUEST_ID = 128

_REQUEST_ID = re.compile(rf"[\w.:+/=@-]{{1,{MAX_REQUEST_ID}}}", re.ASCII)
_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that asked for a job; of a job that no request asked for, nothing is known."""

    request_id: str | None = None
    traceparent: str | None = None
    """The span that the work goes on from, as W3C Trace Context writes it (section 3.2)."""

    @property
    def ids(self) -> dict[str, str]:
        """What a log line of its work says."""
        ids = {"request_id": self.request_id, "trace_id": self.traceparent and self.traceparent[3:35]}
        return {name: value for name, value in ids.items() if value}


NOBODY = Origin()

current_origin: ContextVar[Origin] = ContextVar("current_origin", default=NOBODY)
"""Of the request that is being answered here."""


def read_request_id(text: str) -> str | None:
    """An id that another has given to the request, or None where it could break a log line, or fill one."""
    return text if _REQUEST_ID.fullmatch(text) else None


def read_traceparent(text: str) -> str | None:
    """The header's value in the version that we write, or None where it is to be ignored (section 3.2.2)."""
    match = _TRACEPARENT.fullmatch(text)
    if match is None or match["version"] == "ff" or (match["version"] == "00" and match["more"]):
        return None
    if not int(match["trace"], 16) or not int(match["span"], 16):
        return None
    return f"00-{match['trace']}-{match['span']}-{match['flags']}"
