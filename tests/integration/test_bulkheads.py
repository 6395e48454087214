"""What takes long, or can't be had now, must not keep the rest from working."""

import asyncio

import asyncpg
import httpx

from tests.support.asking import held_up, waiting_for_locks
from tests.support.waiting import until


async def test_todos_that_nobody_can_read_keep_no_job_from_being_accepted(
    client: httpx.AsyncClient, database_url: str
) -> None:
    async with held_up(database_url):
        reads = [asyncio.create_task(client.get("/todos")) for _ in range(30)]

        async def pool_is_exhausted() -> bool:
            return await waiting_for_locks(database_url) == 10

        await until(pool_is_exhausted, "every connection for todos, waiting")
        accepted = await client.post("/todos/ical")
        assert accepted.status_code == 202
        assert (await client.get(accepted.json()["task_url"])).json()["task_status"] == "PENDING"
        assert (await client.get("http://testserver/readyz")).status_code == 200
    assert {read.status_code for read in await asyncio.gather(*reads)} <= {200, 503}


async def test_jobs_that_nobody_can_read_do_not_make_postgres_look_down(
    client: httpx.AsyncClient, database_url: str
) -> None:
    holder = await asyncpg.connect(database_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
        reads = [asyncio.create_task(client.get("/todos/ical")) for _ in range(10)]

        async def pool_is_exhausted() -> bool:
            return await waiting_for_locks(database_url) == 10

        await until(pool_is_exhausted, "every connection for jobs, waiting")
        ready = await client.get("http://testserver/readyz")
        assert (ready.status_code, ready.json()["postgres"]) == (200, "ok")
    await holder.close()
    assert {read.status_code for read in await asyncio.gather(*reads)} <= {200, 503}
