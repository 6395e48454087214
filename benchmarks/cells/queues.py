"""Queues alone: jobs that do nothing; ours makes calendars of no todos, over HTTP, and commits each job."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.cells.seen import told_after
from benchmarks.load.closed_loop import closed_loop
from benchmarks.names import DONE, ENQUEUED, OURS, RUNG
from benchmarks.processes import running
from benchmarks.sides.ours import Ours
from benchmarks.sides.queues import QUEUES, Queue

_JOBS, _QUICK_JOBS = 4_000, 800
_HEAD_START = 0.1
"""The part of them that is done before workers are all there."""
_SAMPLES = 20
_LOOK_SECONDS = 0.02
_ANSWER = "done"


async def _measure(bench: Bench) -> None:
    jobs = _QUICK_JOBS if bench.quick else _JOBS
    counter = await bench.broker()
    queues = [
        queue.at(
            PEER_BROKER_URL=await bench.broker(),
            PEER_QUEUE_URL=await bench.database(),
            PEER_COUNTER_URL=counter,
        )
        for queue in QUEUES
    ]
    for queue in queues:
        if queue.set_up:
            queue.command(*queue.set_up).run()
    async with bench.opened(bench.ours()) as (ours,), Redis.from_url(counter) as done:
        await ours.fill(0)
        for _ in range(bench.rounds):
            bench.note(OURS, 0, await _ours(ours, jobs))
            for queue in queues:
                bench.note(queue.name, 0, await _peer(queue, jobs, done, bench.folder))


async def _peer(queue: Queue, jobs: int, done: Redis, folder: Path) -> Measured:
    await done.flushdb()
    enqueued = queue.drive("enqueue", jobs)

    async def count() -> int:
        return int(await done.llen(_ANSWER))

    with ExitStack() as ending:
        for command in queue.worker_commands:
            ending.enter_context(running(command, folder / f"{queue.name}.log"))
        rate = await _rate(count, jobs)
        await done.flushdb()
        return {ENQUEUED: enqueued, DONE: rate, RUNG: queue.drive("ring", _SAMPLES)}


async def _ours(side: Ours, jobs: int) -> Measured:
    await side.clear()
    steps = ((side.ask(number),) for number in range(jobs))
    load = await closed_loop(side.url, steps, expected=HTTPStatus.ACCEPTED)
    with side.workers():
        rate = await _rate(side.finished, jobs)
        rung = told_after(side, _SAMPLES)
    return {ENQUEUED: load.a_second, DONE: rate, RUNG: rung}


async def _rate(count: Callable[[], Awaitable[int]], jobs: int) -> float:
    """How many are done a second, once workers are at it."""
    while (first := await count()) < jobs * _HEAD_START:
        await asyncio.sleep(_LOOK_SECONDS)
    began = time.monotonic()
    while (last := await count()) < jobs:
        await asyncio.sleep(_LOOK_SECONDS)
    return (last - first) / (time.monotonic() - began)


CELL = Cell("queues", "Queues alone: jobs that do nothing", (ENQUEUED, DONE, RUNG), _measure, of="")
