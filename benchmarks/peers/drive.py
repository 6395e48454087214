"""Asks for jobs that do nothing: ``python -m benchmarks.peers.drive arq enqueue 1000``, or ``ring 20``."""

import asyncio
import importlib
import sys
import time
from statistics import median
from types import ModuleType

from benchmarks.peers import counter

_AT_ONCE = 16
_PAUSE_SECONDS = 0.05


async def _enqueue(tasks: ModuleType, count: int) -> float:
    """How many a second."""

    async def some() -> None:
        for _ in range(count // _AT_ONCE):
            await tasks.enqueue()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))
    return count // _AT_ONCE * _AT_ONCE / (time.perf_counter() - began)


async def _ring(tasks: ModuleType, count: int) -> float:
    """How many milliseconds it takes to be done, while nothing else is to be done."""
    seen = []
    for _ in range(count):
        await asyncio.sleep(_PAUSE_SECONDS)
        began = time.perf_counter()
        await tasks.enqueue()
        await counter.wait()
        seen.append(time.perf_counter() - began)
    return median(seen) * 1000


async def main() -> None:
    """Print the one number that was asked for."""
    queue, what, count = sys.argv[1:]
    tasks = importlib.import_module(f"benchmarks.peers.{queue}.tasks")
    await tasks.begin()
    sys.stdout.write(f"{await {'enqueue': _enqueue, 'ring': _ring}[what](tasks, int(count))}\n")
    await tasks.end()


if __name__ == "__main__":
    asyncio.run(main())
