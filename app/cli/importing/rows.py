"""What is read of a file, whatever its format."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a file: a request body, or the reason why it can't be one."""

    line: int
    """Where it begins, counted from 1."""
    todo: dict[str, object] | None = None
    reason: str | None = None


class UnreadableFileError(Exception):
    """Nothing of the file can be taken: it is not what its name says."""
