"""Content codings (RFC 9110 sections 8.4 and 12.5.3)."""

import re

_REFUSED = re.compile(r"0(\.0*)?")


def accepts_gzip(header: str) -> bool:
    """Whether an ``Accept-Encoding`` header allows gzip by name, or everything that it does not name."""
    weights = {}
    for part in header.lower().split(","):
        coding, *parameters = (step.strip() for step in part.split(";"))
        weights[coding] = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
    weight = next((weights[coding] for coding in ("gzip", "x-gzip", "*") if coding in weights), "0")
    return not _REFUSED.fullmatch(weight)
