"""What a file of todos holds."""

from dataclasses import dataclass
from typing import Any


class UnreadableFileError(Exception):
    """The file as a whole can't be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One todo of a file, or why it is none."""

    line: int
    """Where it begins, counted from 1."""
    todo: dict[str, Any] | None = None
    """The body of the request that adds it."""
    reason: str | None = None
