"""The reference: gunicorn with two sync workers, Celery with two processes, a Redis broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from redis.asyncio import Redis

from benchmarks.names import REFERENCE, REFERENCE_IN_POSTGRES
from benchmarks.processes import Command
from benchmarks.sides.peer import Peer

_PACKAGE = "benchmarks.peers.celery_flask"
_PROCESSES = "2"


@dataclass(kw_only=True)
class Reference(Peer):
    """Flask and Celery, with results in Redis."""

    results_url: str
    """Of a database of their own."""
    name: str = field(default=REFERENCE, init=False)

    def _program(self, *arguments: str) -> Command:
        return self.command(*arguments, PEER_RESULTS_URL=self.results_url)

    @property
    def set_up(self) -> Command:
        return self._program(f"{_PACKAGE}.app")

    @property
    def api_command(self) -> Command:
        where = ("--workers", _PROCESSES, "--bind", f"127.0.0.1:{self.port}")
        return self._program("gunicorn", *where, f"{_PACKAGE}.app:create_app()")

    @property
    def worker_commands(self) -> Sequence[Command]:
        options = ("--concurrency", _PROCESSES, "--loglevel", "WARNING")
        return [self._program("celery", "--app", f"{_PACKAGE}.tasks", "worker", *options)]

    async def forget(self) -> None:
        self.asked = 0
        async with Redis.from_url(self.results_url) as results:
            await results.flushdb()

    async def empty_queue(self) -> None:
        # Not all keys: some say how messages find their queue, and are written only once.
        await self.broker.delete("celery", "unacked", "unacked_index")

    async def is_done(self) -> bool:
        async with Redis.from_url(self.results_url) as results:
            return int(await results.dbsize()) >= self.asked


@dataclass(kw_only=True)
class ReferenceInPostgres(Reference):
    """The same with results in Postgres."""

    name: str = field(default=REFERENCE_IN_POSTGRES, init=False)

    async def forget(self) -> None:
        self.asked = 0
        if await self._has_results():
            await self.database.execute("TRUNCATE celery_taskmeta")

    async def is_done(self) -> bool:
        if not await self._has_results():
            return self.asked == 0
        done = await self.database.fetchval("SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'")
        return int(done) >= self.asked

    async def _has_results(self) -> bool:
        """Celery makes the table when it writes the first one."""
        return await self.database.fetchval("SELECT to_regclass('celery_taskmeta') IS NOT NULL") is True
