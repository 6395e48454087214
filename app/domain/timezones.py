"""IANA time zone names, and the zones behind them."""

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # "localtime" and "Factory" are files of the database, not places; a client could not know what they mean.
    return frozenset(available_timezones() - {"localtime", "Factory"})


def known_timezone(name: str) -> str:
    """Return the name of a zone of the IANA database, or raise ``ValueError``."""
    if name not in _names():
        raise ValueError("expected the name of an IANA time zone, such as Europe/Oslo")
    return name


def zone(name: str) -> ZoneInfo:
    """The zone of a name that is known to be one."""
    return ZoneInfo(name)
