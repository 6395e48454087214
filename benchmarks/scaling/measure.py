"""Write costs.toml anew from a service that is started for it: ``make scaling-costs``.

CPU time is what is measured, so that other work on the machine disturbs little; and under load, for that is
when it counts: requests that come one by one share nothing, and cost several times as much.
"""

import asyncio
import json
import tomllib
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import uvloop

from benchmarks.load.closed_loop import Load, closed_loop
from benchmarks.load.requests import request
from benchmarks.scaling.figures import COSTS
from benchmarks.scaling.service import Service, Spent, service

FEW_TODOS, MANY_TODOS = 10, 3000
JOBS_OF_FEW, JOBS_OF_MANY = 3000, 100
STATUS_READS, DOWNLOADS = 10_000, 300
IDLE_SECONDS = 10

ROOT = "/api/v1/todos"
TODO = {
    "title": "Water the plants",
    "description": "and those of the neighbour, too",
    "deadline_at": "2030-05-01T09:00",
}


class Meter:
    """Makes a service work, and tells what each piece of work spent."""

    def __init__(self, running: Service, idle: Spent) -> None:
        self._running, self._idle = running, idle

    @classmethod
    async def of(cls, running: Service) -> "Meter":
        """Look first at what it spends without any work."""
        before = await running.spent()
        await asyncio.sleep(IDLE_SECONDS)
        return cls(running, (await running.spent()).since(before))

    async def add_todos(self, how_many: int) -> None:
        """Store so many todos."""
        await self._load([request("POST", ROOT, TODO)] * how_many, HTTPStatus.CREATED)

    async def make(self, jobs: int, name: str) -> tuple[Spent, str]:
        """Have so many calendars made, no two of which are alike; the answer has the path of one, too."""
        ask = [request("POST", f"{ROOT}/ical", {"name": f"{name} {number}"}) for number in range(jobs)]
        spent, load = await self._spent_by(ask, HTTPStatus.ACCEPTED)
        return spent, f"{ROOT}/ical/{json.loads(load.bodies[0])['task_id']}"

    async def read(self, path: str, times: int, **headers: str) -> tuple[Spent, int]:
        """Read so many times; the answer says how large the body is, too."""
        spent, load = await self._spent_by([request("GET", path, **headers)] * times, HTTPStatus.OK)
        return spent, load.received // times

    async def _spent_by(self, requests: Sequence[bytes], expected: HTTPStatus) -> tuple[Spent, Load]:
        before = await self._running.spent()
        load = await self._load(requests, expected)
        return (await self._running.spent()).since(before).each(len(requests), self._idle), load

    async def _load(self, requests: Sequence[bytes], expected: HTTPStatus) -> Load:
        steps = ((each,) for each in requests)
        return await closed_loop(self._running.url, steps, expected=expected, keep=True)


async def measure() -> dict[str, float]:
    """The costs that can be measured here, by name."""
    async with service() as running:
        meter = await Meter.of(running)
        await meter.add_todos(FEW_TODOS)
        await meter.make(JOBS_OF_MANY, "warm")
        few, path = await meter.make(JOBS_OF_FEW, "few")
        status, _ = await meter.read(f"{path}/status", STATUS_READS)
        await meter.add_todos(MANY_TODOS - FEW_TODOS)
        many, path = await meter.make(JOBS_OF_MANY, "many")
        _, size = await meter.read(f"{path}/result", 1)
        download, _ = await meter.read(f"{path}/result", DOWNLOADS, Accept_Encoding="gzip")
    return {
        "api_per_post": few.api,
        "api_per_status": status.api,
        "api_per_megabyte": (download.api - status.api) / (size / 1e6),
        **_line("worker_per_job", few.worker, "worker_per_thousand_todos", many.worker, 1000),
        **_line("database_per_job", few.database, "database_per_thousand_todos", many.database, 1000),
        **_line("row_bytes_per_job", few.disk, "stored_bytes_per_todo", many.disk, 1),
        **_line("wal_bytes_per_job", few.wal, "wal_bytes_per_todo", many.wal, 1),
        "index_bytes_per_job": few.indexes,
        "result_bytes_per_todo": size / MANY_TODOS,
        "log_bytes_per_job": few.log + 2 * status.log + download.log,
    }


def _line(fixed: str, few: float, growing: str, many: float, unit: int) -> dict[str, float]:
    """What does not depend on the number of todos, and what a unit of them adds."""
    slope = (many - few) / (MANY_TODOS - FEW_TODOS)
    return {fixed: few - slope * FEW_TODOS, growing: slope * unit}


def updated(text: str, measured: Mapping[str, float]) -> str:
    """The file of costs with what was measured in place of what it said; the rest stays."""
    if nonsense := [name for name, value in measured.items() if value <= 0]:
        raise ValueError(f"the machine was too busy with other work to measure: {', '.join(nonsense)}")
    entries = tomllib.loads(text)
    origin = (
        f"measured: jobs of {FEW_TODOS} and of {MANY_TODOS:,} todos on a `taskoverflow up` with one worker"
    )
    for name, value in measured.items():
        entries[name] = {"value": float(f"{value:.3g}"), "from": origin}
    written = [
        f"[{name}]\nvalue = {entry['value']}\nfrom = {json.dumps(entry['from'])}\n"
        for name, entry in entries.items()
    ]
    return text[: text.index("[")] + "\n".join(written)


def main() -> None:
    """Measure, and write it down."""
    COSTS.write_text(updated(COSTS.read_text(), uvloop.run(measure())))


if __name__ == "__main__":
    main()
