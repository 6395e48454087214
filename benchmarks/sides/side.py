"""One side: how it is started, filled, emptied and watched. All speak the same HTTP."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import psutil
from redis.asyncio import Redis

from app.cli.local.ports import free_port
from benchmarks.load.requests import request
from benchmarks.processes import Command, family, running

_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 60.0
_SETTLE_SECONDS = 1.0

CALENDARS = "/api/v1/todos/ical"


@dataclass
class Side(ABC):
    """Its API runs for as long as it is open; its workers only where a measurement has use for them."""

    folder: Path
    database_url: str
    broker_url: str
    """Of a database of its own in Valkey."""
    port: int = field(default_factory=free_port, init=False)
    api: list[psutil.Process] = field(default_factory=list, init=False)
    """The process that was started, and those that it has forked."""
    database: asyncpg.Connection = field(init=False)
    broker: Redis = field(init=False)
    asked: int = field(default=0, init=False)
    """How many jobs were asked for since the last ``forget``; who asks counts them."""

    name: str = field(init=False)

    @property
    @abstractmethod
    def set_up(self) -> Command:
        """Makes the tables."""

    @property
    @abstractmethod
    def api_command(self) -> Command:
        """Serves on the port."""

    @property
    @abstractmethod
    def worker_commands(self) -> Sequence[Command]:
        """Two worker processes, however many commands that takes."""

    @abstractmethod
    async def fill(self, todos: int) -> None:
        """Have so many todos, and no others."""

    @abstractmethod
    async def forget(self) -> None:
        """Forget all jobs, which have their results; workers may run."""

    @abstractmethod
    async def empty_queue(self) -> None:
        """Forget all messages; no worker may run."""

    @abstractmethod
    async def is_done(self) -> bool:
        """Whether all jobs that were asked for have their results."""

    @property
    def log(self) -> Path:
        """What all its processes say."""
        return self.folder / f"{self.port}.log"

    @property
    def url(self) -> str:
        """Where its API listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, number: int) -> bytes:
        """A request for a calendar; where the number is another, so is the calendar."""
        del number
        return request("POST", CALENDARS)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the API for the block."""
        self.set_up.run()
        with running(self.api_command, self.log) as process:
            await self._until_it_answers(process)
            self.api = family(process)
            self.database = await asyncpg.connect(self.database_url)
            self.broker = Redis.from_url(self.broker_url)
            try:
                yield
            finally:
                await self.database.close()
                await self.broker.aclose()

    @contextmanager
    def workers(self) -> Iterator[list[psutil.Process]]:
        """Run the workers for the block."""
        with ExitStack() as ending:
            yield [ending.enter_context(running(command, self.log)) for command in self.worker_commands]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[list[psutil.Process]]:
        """The same once they work; all their processes."""
        with self.workers() as started:
            await self.make_one()
            # One of them has made it; the other one was started with it, and is not far behind.
            await asyncio.sleep(_SETTLE_SECONDS)
            yield [process for each in started for process in family(each)]

    async def make_one(self) -> str:
        """Have one calendar made, and wait for it and all others; its id."""
        task = await self.post()
        await self.all_done()
        return task

    async def post(self) -> str:
        """Ask for a calendar; its id."""
        async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
            answer = (await client.post(f"{self.url}{CALENDARS}")).raise_for_status()
        self.asked += 1
        return str(answer.json()["task_id"])

    async def all_done(self) -> None:
        """Wait until no job is left to be done."""
        while not await self.is_done():
            await asyncio.sleep(_LOOK_SECONDS)

    async def clear(self) -> None:
        """Forget all jobs and messages; no worker may run."""
        await self.empty_queue()
        await self.forget()

    async def _until_it_answers(self, process: psutil.Process) -> None:
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while not _answers(self.url):
            if time.monotonic() > give_up or process.status() == psutil.STATUS_ZOMBIE:
                raise RuntimeError(f"The API of {self.name} does not start:\n{self.log.read_text()}")
            await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def all_working(sides: Sequence[Side]) -> AsyncIterator[None]:
    """Run the workers of all for the block."""
    async with AsyncExitStack() as ending:
        for side in sides:
            await ending.enter_async_context(side.working())
        yield


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False
