"""Looks into the database past every fault, for what jobs are doing and what became of them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from app.domain.events import EventKind, JobEvent
from tests.faults.verdict import FINAL, Evidence, Outcome
from tests.support.waiting import until


class Eye:
    """One connection, made again when Postgres was."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: asyncpg.Connection | None = None
        self._looking = asyncio.Lock()

    async def fetch(self, query: str, *args: object) -> list[Any]:
        async with self._looking:
            try:
                return list(await (await self._open()).fetch(query, *args))
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
                self._connection = None  # Postgres was killed meanwhile
                return list(await (await self._open()).fetch(query, *args))

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            # Also where an operator has made the service's transactions read-only.
            writing = {"default_transaction_read_only": "off", "application_name": "eye"}
            self._connection = await asyncpg.connect(self.url, server_settings=writing)
        return self._connection

    async def execute(self, *statements: str) -> None:
        for statement in statements:
            await self.fetch(statement)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def now(self) -> datetime:
        """By the clock that rows are written by."""
        (row,) = await self.fetch("SELECT clock_timestamp() AS now")
        moment: datetime = row["now"]
        return moment

    async def until(self, query: str, *args: object) -> Any:
        """The first row of the answer, once there is one."""

        async def look() -> Any:
            return next(iter(await self.fetch(query, *args)), None)

        return await until(look, f"{query} {args}")

    async def until_state(self, job: UUID, *wanted: str, attempt: int = 0) -> None:
        await self.until(
            "SELECT 1 FROM jobs WHERE id = $1 AND state = ANY($2::text[]) AND attempt >= $3",
            job,
            wanted,
            attempt,
        )

    async def until_claimed(self, job: UUID, attempt: int = 1) -> int:
        """The process that runs an attempt, once it does."""
        query = "SELECT detail FROM job_events WHERE job_id = $1 AND kind = $2 AND attempt = $3"
        claim = await self.until(query, job, EventKind.CLAIMED, attempt)
        return int(claim["detail"].rpartition(":")[2])

    async def until_blocked(self, words: str) -> None:
        """Until a worker's statement with these words in it waits for a lock."""
        await self.until(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND application_name = 'taskoverflow-worker' AND strpos(query, $1) > 0",
            words,
        )

    async def until_slow(self) -> None:
        """Until a worker's statement is in the middle of ``holding.slow``."""
        await self.until(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            " AND application_name = 'taskoverflow-worker'"
        )

    async def open_jobs(self, since: datetime) -> int:
        (row,) = await self.fetch(
            "SELECT count(*) AS open FROM jobs WHERE created_at >= $1 AND state <> ALL($2::text[])",
            since,
            sorted(FINAL),
        )
        count: int = row["open"]
        return count

    async def evidence(self, since: datetime, accepted: Collection[UUID]) -> Evidence:
        """All there is of the jobs that were asked for since then."""
        columns = "id, state, attempt, created_at, finished_at"
        chosen = f"SELECT {columns} FROM jobs WHERE created_at >= $1 OR id = ANY($2)"
        left = "SELECT DISTINCT job_id, attempt FROM result_chunks WHERE job_id = ANY($1)"
        # At one moment: a job that ends between two looks would seem to contradict itself.
        await self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            rows = await self.fetch(chosen, since, list(accepted))
            ids = [row["id"] for row in rows]
            chunks = [(row["job_id"], row["attempt"]) for row in await self.fetch(left, ids)]
            return Evidence(accepted, [Outcome(**row) for row in rows], await self.events(*ids), chunks)
        finally:
            await self.execute("COMMIT")

    async def events(self, *jobs: UUID) -> list[JobEvent]:
        """The timelines of jobs, each in its order."""
        query = "SELECT job_id, at, attempt, kind, detail, id FROM job_events WHERE job_id = ANY($1) ORDER BY job_id, id"
        return [JobEvent(**row) for row in await self.fetch(query, jobs)]


@asynccontextmanager
async def open_eye(url: str) -> AsyncIterator[Eye]:
    """Look for the block."""
    eye = Eye(url)
    try:
        yield eye
    finally:
        await eye.close()
