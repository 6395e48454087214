"""One thing that is measured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.bench import Bench


@dataclass(frozen=True, slots=True)
class Cell:
    """A table of what was measured, and how that is done."""

    name: str
    title: str
    whats: tuple[str, ...]
    measure: Callable[[Bench], Awaitable[None]]
    of: str = "todos"
    """What the sizes are of."""
