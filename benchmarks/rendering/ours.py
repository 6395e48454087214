"""Events a second of the worker's renderer: ``python -m benchmarks.rendering.ours 100000``."""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.domain.calendars import CalendarOptions
from app.domain.deadlines import Instant
from app.domain.owners import BUILT_IN_OWNER
from app.domain.todos import Todo
from workers.rendering.calendar import render

_FIRST = datetime(2027, 1, 1, 8, tzinfo=UTC)


def _todos(count: int) -> Iterator[Todo]:
    for number in range(count):
        yield Todo(
            id=number,
            owner=BUILT_IN_OWNER,
            uid=uuid4(),
            title=f"Todo number {number}",
            description="What there is to be done, in a sentence of the usual length.",
            completed=False,
            completed_at=None,
            deadline=Instant(_FIRST + timedelta(minutes=5 * number)),
            sequence=0,
            created_at=_FIRST,
            updated_at=_FIRST,
        )


def main() -> None:
    """Render once, and print the rate."""
    todos = list(_todos(int(sys.argv[1])))
    began = time.perf_counter()
    written = sum(map(len, render(todos, CalendarOptions())))
    rate = len(todos) / (time.perf_counter() - began)
    assert written > len(todos)
    sys.stdout.write(f"{rate}\n")


if __name__ == "__main__":
    main()
