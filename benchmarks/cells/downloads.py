"""Downloads of a large file, and what they take of the API's memory."""

from itertools import repeat

import httpx

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.goals import FILE_TODOS
from benchmarks.load.closed_loop import closed_loop
from benchmarks.load.requests import request
from benchmarks.names import API_MEMORY, API_MEMORY_BEFORE, DOWNLOADS, FILE_SIZE, SENT
from benchmarks.processes import forget_peaks, peaks
from benchmarks.sides.side import CALENDARS, Side

_CLIENTS = 8
_MB = 1_000_000


async def _measure(bench: Bench) -> None:
    async with bench.opened(bench.ours(), bench.reference()) as sides:
        paths = {}
        for side in sides:
            await side.fill(FILE_TODOS)
            with side.workers():
                paths[side.name] = f"{CALENDARS}/{await side.make_one()}/result"

        async def download(side: Side) -> Measured:
            return await _download(side, paths[side.name], bench.seconds)

        await bench.in_turn(sides, FILE_TODOS, download)


async def _download(side: Side, path: str, seconds: float) -> Measured:
    # As browsers and most libraries ask; it is the server's choice whether to send it compressed.
    get = request("GET", path, Accept_Encoding="gzip")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        file = (await client.get(f"{side.url}{path}")).raise_for_status()
    forget_peaks(side.api)
    before = sum(peaks(side.api))
    load = await closed_loop(side.url, repeat((get,)), clients=_CLIENTS, seconds=seconds)
    return {
        DOWNLOADS: load.a_second,
        FILE_SIZE: len(file.content) / _MB,
        SENT: load.received / load.answered / _MB,
        API_MEMORY_BEFORE: before,
        API_MEMORY: sum(peaks(side.api)),
    }


CELL = Cell(
    "downloads",
    f"Downloads by {_CLIENTS} clients at once",
    (DOWNLOADS, FILE_SIZE, SENT, API_MEMORY_BEFORE, API_MEMORY),
    _measure,
)
