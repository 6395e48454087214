"""Todos for tests of what is made of them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.domain.owners import BUILT_IN_OWNER
from app.domain.todos import Todo

NOW = datetime(2026, 11, 24, 8, 30, 15, 123456, tzinfo=UTC)


def a_todo(**changes: Any) -> Todo:
    """A todo with what a test does not care about filled in."""
    values: dict[str, Any] = {
        "id": 1,
        "owner": BUILT_IN_OWNER,
        "uid": UUID("11111111-2222-4333-8444-555555555555"),
        "title": "Buy milk",
        "description": None,
        "completed": False,
        "completed_at": None,
        "deadline": None,
        "sequence": 0,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Todo(**{**values, **changes})
