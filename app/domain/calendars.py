"""What a client may choose about a calendar."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

DEFAULT_NAME = "Todos"
NAME_LENGTH = 80
MAX_ALARM_MINUTES = 40_320
"""Four weeks, the longest that common calendar apps offer."""


class Component(StrEnum):
    """What a todo becomes: RFC 5545 sections 3.6.1 and 3.6.2."""

    EVENT = "event"
    TODO = "todo"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOptions:
    """How a calendar is to be made."""

    component: Component = Component.EVENT
    completed: bool | None = None
    window: int | None = None
    timezone: str | None = None
    alarm: int | None = None
    name: str = DEFAULT_NAME

    @property
    def can_be_shared(self) -> bool:
        """Whether one file is right for all that ask for it at the same time.

        A window is counted from when each asked, so that with one no two files are the same.
        """
        return self.window is None

    def to_json(self) -> dict[str, Any]:
        """The chosen options, as they are stored with the job."""
        values = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in values if value is not None}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what ``to_json`` wrote; keys of a newer release are ignored."""
        known = {key: stored[key] for key in cls.__slots__ if key in stored}
        return cls(**{**known, "component": Component(known.get("component", Component.EVENT))})
