"""A run: its servers, its sides and its figures."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import TypeVar

import asyncpg
from redis.asyncio import Redis

from app.cli.local.servers import Servers
from benchmarks.figures import Figures, Place
from benchmarks.sides.nearest import Nearest
from benchmarks.sides.ours import Ours
from benchmarks.sides.reference import Reference, ReferenceInPostgres
from benchmarks.sides.side import Side
from benchmarks.spread import number

Measured = Mapping[str, float]
SideT = TypeVar("SideT", bound=Side)


@dataclass
class Bench:
    """What measurements are given; sides share the servers, and are busy in turn alone."""

    servers: Servers
    folder: Path
    rounds: int
    quick: bool = False
    """Whether few numbers will do."""
    figures: Figures = field(default_factory=Figures)
    _databases: Iterator[int] = field(default_factory=count)
    _brokers: Iterator[int] = field(default_factory=partial(cycle, range(1, 16)))

    @property
    def seconds(self) -> float:
        """How long a load lasts."""
        return 1.0 if self.quick else 4.0

    async def broker(self) -> str:
        """The URL of an empty database in Valkey: there are few, so those of earlier cells serve again."""
        url = self.servers.broker_url.removesuffix("/0") + f"/{next(self._brokers)}"
        async with Redis.from_url(url) as broker:
            await broker.flushdb()
        return url

    async def database(self) -> str:
        """The URL of a new database in Postgres."""
        name = f"side_{next(self._databases)}"
        connection = await asyncpg.connect(self.servers.database_url)
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.servers.database_url.rpartition("/")[0] + f"/{name}"

    async def ours(self, **settings: str) -> Ours:
        """The service."""
        return Ours(self.folder, await self.database(), await self.broker(), settings=settings)

    async def reference(self) -> Reference:
        """Flask and Celery, with results in Redis."""
        return Reference(
            self.folder, await self.database(), await self.broker(), results_url=await self.broker()
        )

    async def reference_in_postgres(self) -> Reference:
        """The same with results in Postgres."""
        url = await self.database()
        return ReferenceInPostgres(self.folder, url, await self.broker(), results_url=url)

    async def nearest(self) -> Nearest:
        """FastAPI and Dramatiq."""
        return Nearest(self.folder, await self.database(), await self.broker())

    def side_by_side(self, **settings: str) -> AbstractAsyncContextManager[Sequence[Side]]:
        """Run the APIs of ours, of the reference and, where it need not be quick, of the nearest stack."""
        sides: list[Awaitable[Side]] = [self.ours(**settings), self.reference()]
        return self.opened(*sides, *(() if self.quick else (self.nearest(),)))

    @asynccontextmanager
    async def opened(self, *sides: Awaitable[SideT]) -> AsyncIterator[Sequence[SideT]]:
        """Run the APIs of sides for the block."""
        made = [await side for side in sides]
        async with AsyncExitStack() as ending:
            for side in made:
                await ending.enter_async_context(side.open())
            yield made

    async def in_turn(
        self, sides: Sequence[Side], size: int, measure: Callable[[Side], Awaitable[Measured]]
    ) -> None:
        """Measure one side after the other, round by round."""
        for _ in range(self.rounds):
            for side in sides:
                await self.turn(side, size, measure)

    async def turn(self, side: SideT, size: int, measure: Callable[[SideT], Awaitable[Measured]]) -> None:
        """Measure one side once, with nothing left to be written of what was before."""
        await side.database.execute("CHECKPOINT")
        self.note(side.name, size, await measure(side))

    def note(self, side: str, size: int, measured: Measured) -> None:
        """Take down what one round has shown."""
        for what, value in measured.items():
            self.figures.add(Place(what, side, size), value)
            sys.stderr.write(f"  {side:<36}{number(size):>9}  {number(value):>9} {what}\n")
