"""How many requests for a calendar are accepted, while no worker runs."""

from functools import partial
from http import HTTPStatus
from itertools import repeat

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.goals import FEW, MANY
from benchmarks.load.closed_loop import closed_loop
from benchmarks.load.requests import request
from benchmarks.names import ACCEPTED, ACCEPTED_IN_TURN
from benchmarks.sides.side import CALENDARS, Side

_SIZES, _QUICK_SIZES = (10, 1_000, 10_000), (10, 1_000)
_WARM_UP_SECONDS = 0.5


async def _measure(bench: Bench) -> None:
    accept = partial(_accept, ACCEPTED, bench.seconds)
    async with bench.side_by_side() as sides:
        for size in _QUICK_SIZES if bench.quick else _SIZES:
            for side in sides:
                await side.fill(size)
                await accepted(side, _WARM_UP_SECONDS)
            await bench.in_turn(sides, size, accept)
    if not bench.quick:
        await _measure_few_and_many(bench)


async def _measure_few_and_many(bench: Bench) -> None:
    """Two of ours, so that neither has to be filled between one round and the next."""
    async with bench.opened(bench.ours(), bench.ours()) as sides:
        sized = list(zip(sides, (FEW, MANY), strict=True))
        for side, size in sized:
            await side.fill(size)
            await accepted(side, _WARM_UP_SECONDS)
        for _ in range(bench.rounds):
            for side, size in sized:
                await bench.turn(side, size, partial(_accept, ACCEPTED_IN_TURN, bench.seconds))


async def _accept(what: str, seconds: float, side: Side) -> Measured:
    await side.clear()
    return {what: await accepted(side, seconds)}


async def accepted(side: Side, seconds: float) -> float:
    """How many a second, of clients that ask for nothing else for so many seconds."""
    step = (request("POST", CALENDARS),)
    load = await closed_loop(side.url, repeat(step), expected=HTTPStatus.ACCEPTED, seconds=seconds)
    return load.a_second


CELL = Cell("accepted", "Requests accepted while no worker runs", (ACCEPTED, ACCEPTED_IN_TURN), _measure)
