"""Deadlines in a zone, and that zone's VTIMEZONE (RFC 5545 section 3.6.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TypeGuard
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vDatetime

from app.domain.deadlines import Deadline, DeadlineSpan, Floating

_UTC_NAMES = {"UTC", "UCT", "Zulu", "Universal", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Etc/Universal"}

_FIRST_YEAR, _LAST_YEAR = 1850, 2100
"""No zone changed before; and a list of changes for thousands of years would outgrow the calendar."""

_STEP = timedelta(days=1)


def localized(deadline: Deadline, zone: ZoneInfo | None) -> datetime:
    """The deadline as it is to be written: without a zone, in UTC, or in the calendar's zone."""
    if isinstance(deadline, Floating):
        local = deadline.local
        return local if zone is None else local.replace(tzinfo=UTC if zone.key in _UTC_NAMES else zone)
    moment = deadline.moment
    if zone is None or zone.key in _UTC_NAMES:
        return moment
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # within hours of the years 1 or 9999
        return moment
    # A local time that occurs twice means its first occurrence (section 3.3.5), so that the second can't
    # be said in this zone; in UTC it can.
    return moment if local.fold else local


@lru_cache(maxsize=64)
def form(zone: tzinfo | None) -> tuple[str, str]:
    """What stands before the colon and behind the digits of a time in the zone (section 3.3.5)."""
    if zone is None:
        return "", ""
    # icalendar takes some places that have kept UTC for long for UTC itself.
    if vDatetime(datetime(2000, 1, 1, tzinfo=zone)).is_utc():
        return "", "Z"
    return f";TZID={zone}", ""


def is_declared(zone: ZoneInfo | None) -> TypeGuard[ZoneInfo]:
    """Whether times in the zone are written with a TZID, which a VTIMEZONE has to declare."""
    return zone is not None and zone.key not in _UTC_NAMES


def vtimezone(zone: ZoneInfo | None, span: DeadlineSpan) -> Timezone | None:
    """The zone's definition for the years that the deadlines lie in; None where no TZID is written."""
    if not is_declared(zone):
        return None
    years = [day.year for day in (span.first_local, span.last_local) if day]
    years += [moment.year for moment in (span.first_moment, span.last_moment) if moment]
    if not years:
        return None
    definition = Timezone()
    definition.add("tzid", zone.key)
    for observance in _observances(zone, min(years), max(years)):
        definition.add_component(observance.component())
    return definition


@dataclass(frozen=True, slots=True)
class _Change:
    """How the zone's clocks go on from some onset."""

    before: timedelta
    after: timedelta
    name: str
    daylight: bool


@dataclass(slots=True)
class _Observance:
    change: _Change
    onsets: list[datetime]
    """Local, by the clock before the change: section 3.6.5 on DTSTART."""

    def component(self) -> TimezoneDaylight | TimezoneStandard:
        component = TimezoneDaylight() if self.change.daylight else TimezoneStandard()
        component.add("dtstart", self.onsets[0])
        component.add("tzoffsetfrom", self.change.before)
        component.add("tzoffsetto", self.change.after)
        component.add("tzname", self.change.name)
        if self.onsets[1:]:
            component.add("rdate", self.onsets[1:])
        return component


@lru_cache(maxsize=64)
def _observances(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[_Observance, ...]:
    # A year more on either side: a moment in UTC may lie in another year by the zone's clock.
    start = date(max(first_year - 1, 1), 1, 1)
    begin = datetime.combine(max(start, date(_FIRST_YEAR, 1, 1)), time(), UTC)
    end = datetime(min(last_year + 2, _LAST_YEAR), 1, 1, tzinfo=UTC)
    offset = _offset(zone, begin)
    initial = _change(zone, begin, offset)
    found = {initial: _Observance(initial, [datetime.combine(start, time())])}
    for moment in _changes(zone, begin, end):
        change = _change(zone, moment, _offset(zone, moment - timedelta(seconds=1)))
        onset = (moment + change.before).replace(tzinfo=None)
        found.setdefault(change, _Observance(change, [])).onsets.append(onset)
    return tuple(found.values())


def _change(zone: ZoneInfo, moment: datetime, before: timedelta) -> _Change:
    local = moment.astimezone(zone)
    return _Change(before, _offset(zone, moment), local.tzname() or zone.key, bool(local.dst()))


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The moments, to the second, at which the zone's offset or name changes."""
    low, face = begin, _face(zone, begin)
    while low < end:
        high = low + _STEP
        if (later := _face(zone, high)) != face:
            yield _bisect(zone, low, high)
        low, face = high, later


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = _face(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _face(zone, middle) == before else (low, middle)
    return high


def _face(zone: ZoneInfo, moment: datetime) -> tuple[timedelta, str | None]:
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname()


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
