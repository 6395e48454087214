"""A service to measure: a ``taskoverflow up`` of its own with one worker, and what its processes spend."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from app.cli.local import running
from app.cli.local.ports import free_port
from app.cli.local.readiness import wait_until_ready

_OPEN = "SELECT count(*) FROM jobs WHERE state IN ('PENDING', 'STARTED', 'RETRY')"
_WRITTEN = """SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal,
    pg_database_size(current_database()) AS disk,
    pg_indexes_size('jobs') + pg_indexes_size('job_events') AS indexes"""
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds by the kind of process, and bytes that were written."""

    api: float
    worker: float
    database: float
    wal: float
    disk: float
    indexes: float
    log: float

    seconds: float
    """When this was, by a clock of its own."""

    def since(self, before: "Spent") -> "Spent":
        """What was spent between."""
        return Spent(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))

    def each(self, times: int, idle: "Spent") -> "Spent":
        """What each of so many spent, without what is spent when nothing is asked for."""
        share = self.seconds / idle.seconds
        return Spent(
            *((all_ - share * none) / times for all_, none in zip(astuple(self), astuple(idle), strict=True))
        )


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str
    database: "asyncpg.Connection[Any]"

    async def spent(self) -> Spent:
        """What was spent until now, once all jobs have ended."""
        while True:
            if not await self.database.fetchval(_OPEN):
                break
            await asyncio.sleep(0.5)
        written = await self.database.fetchrow(_WRITTEN)
        bytes_of = {name: float(value) for name, value in dict(written or {}).items()}
        log = float(self.log.stat().st_size)
        return Spent(*self._cpu(), log=log, seconds=time.monotonic(), **bytes_of)

    def _cpu(self) -> tuple[float, float, float]:
        spent = {"api": 0.0, "workers": 0.0, "postgres": 0.0}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            command = child.cmdline()
            kind = "postgres" if child.name() == "postgres" else command[-1] if command else ""
            if kind in spent:
                # Those of children are the server's alone: connections that have ended.
                spent[kind] += sum(child.cpu_times()[:4])
        return spent["api"], spent["workers"], spent["postgres"]


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """One that starts without any data, and leaves none."""
    with _up() as (process, folder, base):
        wait_until_ready(base, lambda: None if process.poll() is None else "up", time.sleep)
        found = running.read(folder)
        if found is None:
            raise RuntimeError("the service ended as soon as it was ready")
        database = await asyncpg.connect(found.database_url)
        yield Service(process, folder / "log", base, database)
        await database.close()


@contextmanager
def _up() -> Iterator[tuple[subprocess.Popen[bytes], Path, str]]:
    with tempfile.TemporaryDirectory(prefix="taskoverflow-costs-") as name:
        folder, port = Path(name), free_port()
        environment = os.environ | {
            "TASKOVERFLOW_PORT": str(port),
            "TASKOVERFLOW_DATA_DIR": name,
            "TASKOVERFLOW_WORKERS": "1",
            "TASKOVERFLOW_LOG_FORMAT": "json",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"], env=environment, stdout=log, stderr=log
            )
        try:
            yield process, folder, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
