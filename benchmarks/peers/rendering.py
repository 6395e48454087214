"""The calendar as both peers make it, with icalendar: the same properties as in the service's file."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event

Item = dict[str, Any]
"""A todo as it travels in a message: what JSON can say."""


def render(items: Iterable[Item]) -> str:
    """A calendar with an event for each todo that has a deadline."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Peer//benchmarks//")
    for item in items:
        if item["deadline_at"] is not None:
            calendar.add_component(_event(item))
    return str(calendar.to_ical(), "utf-8")


def _event(item: Item) -> Event:
    event = Event()
    changed = datetime.fromisoformat(item["updated_at"])
    event.add("uid", item["uid"])
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("created", datetime.fromisoformat(item["created_at"]))
    event.add("sequence", 0)
    event.add("summary", item["title"])
    if item["description"]:
        event.add("description", item["description"])
    event.add("dtstart", datetime.fromisoformat(item["deadline_at"]))
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event
