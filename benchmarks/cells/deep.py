"""Whether a hundred thousand waiting jobs are felt: by who asks, by who works, by the sweeper."""

import asyncio
import time
from functools import partial

import psutil

from benchmarks.bench import Bench, Measured
from benchmarks.cells.accepted import accepted
from benchmarks.cells.cell import Cell
from benchmarks.goals import DEEP
from benchmarks.names import ACCEPTED_BEHIND, CLAIMED_BEHIND, SWEEPING
from benchmarks.processes import cpu_seconds, family
from benchmarks.sides.ours import Ours

_TODOS = 10
_SAMPLE = 2_000
"""Jobs whose rate is taken."""
_HEAD_START = 200
"""Those before them, while workers start."""
_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 8.0
_SETTLE_SECONDS = 1.0


async def _measure(bench: Bench) -> None:
    # The default limit is where this goes: nobody could ask for one more.
    async with bench.opened(bench.ours(TASKOVERFLOW_MAX_OPEN_JOBS="1000000")) as (side,):
        await side.fill(_TODOS)
        for _ in range(bench.rounds):
            for depth in (0, DEEP):
                await bench.turn(side, depth, partial(_behind, bench, depth))


async def _behind(bench: Bench, depth: int, side: Ours) -> Measured:
    await side.clear()
    await side.make_waiting(depth)
    sweeping = await _sweeping(bench, side)
    accepting = await accepted(side, bench.seconds)
    await side.clear()
    await side.make_waiting(max(depth, _HEAD_START + _SAMPLE))
    side.command("jobs", "redrive", "--older-than", "0").run()
    claiming = await _claiming(side)
    await side.clear()
    return {SWEEPING: sweeping, ACCEPTED_BEHIND: accepting, CLAIMED_BEHIND: claiming}


async def _sweeping(bench: Bench, side: Ours) -> float:
    """What workers and Postgres take of the processor while all those jobs wait and no message comes."""
    postgres = psutil.Process(bench.servers.postgres_pid)
    with side.workers() as workers:
        await side.post()
        await _done(side, 1)
        await asyncio.sleep(_SETTLE_SECONDS)
        busy = [*workers, *family(postgres)]
        before = cpu_seconds(busy)
        await asyncio.sleep(_IDLE_SECONDS)
        return (cpu_seconds(busy) - before) / _IDLE_SECONDS * 1000


async def _claiming(side: Ours) -> float:
    """How many are done a second, once workers are at it."""
    with side.workers():
        began = await _done(side, _HEAD_START)
        ended = await _done(side, _HEAD_START + _SAMPLE)
    return (ended[1] - began[1]) / (ended[0] - began[0])


async def _done(side: Ours, jobs: int) -> tuple[float, int]:
    """When at least so many are done, and how many are."""
    while (done := await side.finished()) < jobs:
        await asyncio.sleep(_LOOK_SECONDS)
    return time.monotonic(), done


CELL = Cell(
    "deep", "Behind and before waiting jobs", (ACCEPTED_BEHIND, CLAIMED_BEHIND, SWEEPING), _measure, "waiting"
)
