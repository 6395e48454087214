"""How many calendars are made, from the first request to the last SUCCESS."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from itertools import count, islice

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.load.closed_loop import Step, closed_loop
from benchmarks.load.requests import request
from benchmarks.names import MADE, MADE_OF_CHANGED
from benchmarks.sides.side import CALENDARS, Side, all_working

Steps = Callable[[Side, int], Iterator[Step]]

_FEWEST = 4
_numbers = count(1)


async def _measure(bench: Bench) -> None:
    async with bench.side_by_side() as sides:
        for size in (1_000,) if bench.quick else (10, 1_000, 10_000):
            for side in sides:
                await side.fill(size)
            async with all_working(sides):
                await _measure_size(bench, sides, size)


async def _measure_size(bench: Bench, sides: Sequence[Side], size: int) -> None:
    for what, steps in ((MADE_OF_CHANGED, _changed), (MADE, _unchanged)):
        enough = {side.name: await _enough(side, size, steps, bench.seconds) for side in sides}
        await bench.in_turn(sides, size, partial(_made, what, size, steps, enough))


async def _made(what: str, size: int, steps: Steps, enough: dict[str, int], side: Side) -> Measured:
    jobs = enough[side.name]
    return {what: jobs / await _take(side, size, steps, jobs)}


def _unchanged(side: Side, size: int) -> Iterator[Step]:
    del side, size
    step = (request("POST", CALENDARS),)
    while True:
        yield step


def _changed(side: Side, size: int) -> Iterator[Step]:
    """Each job sees a todo that was changed before, and makes a file that no other one makes."""
    for number in _numbers:
        change = {"title": f"Changed for the {number}th time"}
        yield request("PUT", f"/api/v1/todos/{number % size + 1}", change), side.ask(number)


async def _take(side: Side, size: int, steps: Steps, jobs: int) -> float:
    """How long so many jobs take."""
    await side.forget()
    wanted = islice(steps(side, size), jobs)
    load = await closed_loop(side.url, wanted, expected=HTTPStatus.ACCEPTED)
    side.asked += load.answered
    await side.all_done()
    return time.monotonic() - load.began


async def _enough(side: Side, size: int, steps: Steps, seconds: float) -> int:
    """So many jobs as take about so long."""
    jobs = _FEWEST
    while (took := await _take(side, size, steps, jobs)) < seconds / 2:
        jobs = int(jobs * min(seconds / took, 8))
    return max(_FEWEST, int(jobs * seconds / took))


CELL = Cell("made", "Calendars made by two workers", (MADE_OF_CHANGED, MADE), _measure)
