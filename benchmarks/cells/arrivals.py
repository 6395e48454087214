"""What clients see that come at a constant rate, while two workers drain."""

import asyncio

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.load.open_loop import open_loop
from benchmarks.names import MEDIAN, P95, P99, P999, WRONG
from benchmarks.processes import cpu_seconds
from benchmarks.sides.side import CALENDARS, Side

_RATE = 1_000
_SECONDS, _QUICK_SECONDS = 20, 5
_TODOS = 10
_REST = 0.05
"""Of a processor, at most: what an API takes that has nothing to do."""
_PERCENTILES = {MEDIAN: "med", P95: "p(95)", P99: "p(99)", P999: "p(99.9)"}


async def _measure(bench: Bench) -> None:
    seconds = _QUICK_SECONDS if bench.quick else _SECONDS

    async def bear(side: Side) -> Measured:
        async with side.working():
            seen = await open_loop(f"{side.url}{CALENDARS}", rate=_RATE, seconds=seconds, folder=bench.folder)
        await _rest(side)
        await side.clear()
        percentiles = {what: seen.milliseconds[name] for what, name in _PERCENTILES.items()}
        return {**percentiles, WRONG: seen.wrong + seen.dropped}

    # The goal is one API process's, as which ours is started here.
    async with bench.side_by_side(TASKOVERFLOW_API_PROCESSES="1") as sides:
        for side in sides:
            await side.fill(_TODOS)
        await bench.in_turn(sides, _TODOS, bear)


async def _rest(side: Side) -> None:
    """Wait until the API has done with requests whose clients have long gone: another side is next."""
    used = cpu_seconds(side.api)
    while True:
        await asyncio.sleep(1)
        before, used = used, cpu_seconds(side.api)
        if used - before < _REST:
            return


CELL = Cell(
    "arrivals", "1,000 requests a second, whatever becomes of those before", (*_PERCENTILES, WRONG), _measure
)
