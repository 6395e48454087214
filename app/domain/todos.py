"""The user's item."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from app.domain.deadlines import Deadline
from app.domain.owners import OwnerId

TITLE_LENGTH = 80
DESCRIPTION_LENGTH = 120
SEARCH_LENGTH = 80
MAX_WINDOW_DAYS = 36_500
"""A hundred years: what lies beyond is a mistake, and near the end of the calendar an overflow."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A todo as it is stored."""

    id: int
    owner: OwnerId
    uid: UUID
    """The same for the todo's whole life; calendars know it by this (RFC 7986 section 5.3)."""
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    deadline: Deadline | None
    sequence: int
    """How often title or deadline have changed (RFC 5545 section 3.8.7.4)."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What a feed must still say of a todo that was deleted."""

    uid: UUID
    title: str
    deadline: Deadline | None
    sequence: int
    """What it was when the todo was deleted."""
    created_at: datetime
    deleted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTodo:
    """What a user says of a todo that is to be."""

    title: str
    description: str | None = None
    completed: bool = False
    deadline: Deadline | None = None


class TodoChanges(TypedDict, total=False):
    """The parts of a todo that are to change; a key that is absent stays as it is."""

    title: str
    description: str | None
    completed: bool
    deadline: Deadline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TodoFilter:
    """Which todos are meant; the conditions are combined with AND."""

    completed: bool | None = None
    window: int | None = None
    """Days from now: those due by then, overdue ones included, those without a deadline left out."""
    text: str | None = None
    """What the title or the description contains, whatever its case."""
