"""Reads of a status, and of a file that the client has already."""

from collections.abc import Awaitable
from http import HTTPStatus
from itertools import repeat

import httpx

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.load.closed_loop import closed_loop
from benchmarks.load.requests import request
from benchmarks.names import NOT_MODIFIED, OURS, STATUS_READS
from benchmarks.sides.side import CALENDARS, Side

_TODOS = 10


async def _measure(bench: Bench) -> None:
    tasks: dict[str, str] = {}

    async def read(side: Side) -> Measured:
        return await _read(side, f"{CALENDARS}/{tasks[side.name]}", bench.seconds)

    others: tuple[Awaitable[Side], ...] = ()
    if not bench.quick:
        others = bench.reference_in_postgres(), bench.nearest()
    async with bench.opened(bench.ours(), bench.reference(), *others) as sides:
        for side in sides:
            await side.fill(_TODOS)
            with side.workers():
                tasks[side.name] = await side.make_one()
        await bench.in_turn(sides, _TODOS, read)


async def _read(side: Side, path: str, seconds: float) -> Measured:
    get = request("GET", f"{path}/status")
    load = await closed_loop(side.url, repeat((get,)), seconds=seconds)
    measured = {STATUS_READS: load.a_second}
    if side.name == OURS:
        measured[NOT_MODIFIED] = await _not_modified(side, f"{path}/result", seconds)
    return measured


async def _not_modified(side: Side, path: str, seconds: float) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        tag = (await client.get(f"{side.url}{path}")).raise_for_status().headers["etag"]
    get = request("GET", path, If_None_Match=tag)
    expected = HTTPStatus.NOT_MODIFIED
    return (await closed_loop(side.url, repeat((get,)), expected=expected, seconds=seconds)).a_second


CELL = Cell("reads", "Reads", (STATUS_READS, NOT_MODIFIED), _measure)
