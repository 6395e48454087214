"""The nearest stack: uvicorn with one process, Dramatiq with two, a Redis broker, jobs in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.names import NEAREST
from benchmarks.processes import Command
from benchmarks.sides.peer import Peer

_PACKAGE = "benchmarks.peers.fastapi_dramatiq"
_PROCESSES = "2"


@dataclass
class Nearest(Peer):
    """FastAPI and Dramatiq."""

    name: str = field(default=NEAREST, init=False)

    @property
    def set_up(self) -> Command:
        return self.command(f"{_PACKAGE}.models")

    @property
    def api_command(self) -> Command:
        options = ("--port", str(self.port), "--no-access-log")
        return self.command("uvicorn", f"{_PACKAGE}.app:app", *options)

    @property
    def worker_commands(self) -> Sequence[Command]:
        return [self.command("dramatiq", f"{_PACKAGE}.actors", "--processes", _PROCESSES)]

    async def forget(self) -> None:
        self.asked = 0
        await self.database.execute("TRUNCATE jobs")

    async def empty_queue(self) -> None:
        await self.broker.flushdb()

    async def is_done(self) -> bool:
        open_ones = "SELECT FROM jobs WHERE state <> 'SUCCESS'"
        return await self.database.fetchval(f"SELECT NOT EXISTS ({open_ones})") is True
