"""What one job of very many todos takes: the worker's memory, and how fast it is done."""

from datetime import datetime
from functools import partial

import httpx

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.goals import MANY
from benchmarks.names import MADE_IN_WORKER, OURS, WORKER_MEMORY
from benchmarks.processes import forget_peaks, peaks
from benchmarks.sides.side import CALENDARS, Side

_SIZES, _QUICK_SIZES = (1_000, 10_000, 100_000), (1_000, 10_000)


async def _measure(bench: Bench) -> None:
    async with bench.opened(bench.ours(), bench.reference()) as sides:
        for size in _QUICK_SIZES if bench.quick else (*_SIZES, MANY):
            able = sides[:1] if size == MANY else sides
            for side in able:
                await side.fill(size)
            await bench.in_turn(able, size, partial(_one_job, size))


async def _one_job(size: int, side: Side) -> Measured:
    """Of fresh workers, which have made one before."""
    async with side.working() as processes:
        forget_peaks(processes)
        task = await side.make_one()
        measured = {WORKER_MEMORY: max(peaks(processes))}
        if side.name == OURS:
            measured[MADE_IN_WORKER] = size / await _seconds_from_claim(side, task)
    await side.forget()
    return measured


async def _seconds_from_claim(side: Side, task: str) -> float:
    """By the job's own timeline."""
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{side.url}{CALENDARS}/{task}")).raise_for_status().json()
    times = {event["kind"]: datetime.fromisoformat(event["at"]) for event in told["timeline"]}
    return (times["succeeded"] - times["claimed"]).total_seconds()


CELL = Cell("memory", "One job, made by fresh workers", (WORKER_MEMORY, MADE_IN_WORKER), _measure)
