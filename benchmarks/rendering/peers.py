"""Events a second of icalendar: ``python -m benchmarks.rendering.peers 100000``."""

import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from benchmarks.peers.rendering import Item, render

_FIRST = datetime(2027, 1, 1, 8, tzinfo=UTC)


def _item(number: int) -> Item:
    return {
        "uid": str(uuid4()),
        "title": f"Todo number {number}",
        "description": "What there is to be done, in a sentence of the usual length.",
        "deadline_at": (_FIRST + timedelta(minutes=5 * number)).isoformat(),
        "created_at": _FIRST.isoformat(),
        "updated_at": _FIRST.isoformat(),
    }


def main() -> None:
    """Render once, and print the rate."""
    items = [_item(number) for number in range(int(sys.argv[1]))]
    began = time.perf_counter()
    render(items)
    sys.stdout.write(f"{len(items) / (time.perf_counter() - began)}\n")


if __name__ == "__main__":
    main()
