"""Jobs as tests ask for them, watch them and hold them up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from tests.support.waiting import until


def ask(client: httpx.Client, **options: Any) -> str:
    """Ask for a calendar; the address to watch it at."""
    answer = client.post("/todos/ical", json=options)
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["task_url"]
    return url


async def state(client: httpx.Client, url: str, *wanted: str) -> dict[str, Any]:
    """The status once it is one of those wanted."""

    async def reached() -> dict[str, Any] | None:
        body: dict[str, Any] = client.get(url).json()
        return body if body["task_status"] in wanted else None

    return await until(reached, " or ".join(wanted))


@asynccontextmanager
async def held_up(database_url: str) -> AsyncIterator[None]:
    """Jobs can be claimed, and can't go on before the block ends."""
    lock = await asyncpg.connect(database_url)
    try:
        async with lock.transaction():
            await lock.execute("LOCK TABLE todos IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await lock.close()


async def waiting_for_locks(database_url: str) -> int:
    """How many statements wait for a lock, in that database."""
    connection = await asyncpg.connect(database_url)
    try:
        waiting: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
    finally:
        await connection.close()
    return waiting


async def add_rows(database_url: str, count: int) -> list[UUID]:
    """Jobs that wait, no two for one file, whose messages nobody sent and the sweeper will not send soon."""
    ids = [uuid4() for _ in range(count)]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.executemany(
            "INSERT INTO jobs (id, owner_id, options, ring_at)"
            " VALUES ($1, '00000000-0000-0000-0000-000000000001', jsonb_build_object('name', $1::uuid),"
            " now() + interval '1 hour')",
            [(job_id,) for job_id in ids],
        )
    finally:
        await connection.close()
    return ids


async def tally(database_url: str) -> dict[tuple[str, int], int]:
    """How many jobs there are for each state and number of attempts."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT state, attempt, count(*) AS jobs FROM jobs GROUP BY 1, 2")
    finally:
        await connection.close()
    return {(row["state"], row["attempt"]): row["jobs"] for row in rows}
