"""A Postgres that crashes, hangs up, locks, refuses to write, or says nothing at all."""

import asyncio
from contextlib import AsyncExitStack, suppress

import asyncpg
import httpx

from app.domain.jobs import JobState
from tests.faults import holding
from tests.faults.battery import on
from tests.faults.stack import LEASE
from tests.faults.trial import Lab

DEAF_SECONDS = 45.0
"""A worker's statement that gets no answer is given up after half a minute."""


@on()
async def test_a_postgres_that_crashes(lab: Lab) -> None:
    async with lab.trial("Postgres crashes and recovers", refuses=True) as trial:
        with suppress(asyncpg.PostgresConnectionError):  # the lock goes down with its server
            async with trial.held():
                lab.stack.kill_postgres()
        trial.load.more_refused()
        await trial.over()


@on()
async def test_connections_that_postgres_ends(lab: Lab) -> None:
    async with lab.trial("pg_terminate_backend", refuses=True) as trial:
        for _ in range(3):
            async with trial.held():
                await trial.eye.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name LIKE 'taskoverflow%'"
                )
        await trial.over()


@on("redis", short=())
async def test_a_minute_without_the_table_of_jobs(lab: Lab) -> None:
    await without_jobs(lab, 60)


@on("redis")
async def test_some_seconds_without_the_table_of_jobs(lab: Lab) -> None:
    await without_jobs(lab, 2 * LEASE)


async def without_jobs(lab: Lab, seconds: float) -> None:
    async with lab.trial(f"jobs locked for {seconds:g} s", refuses=True) as trial:
        async with AsyncExitStack() as lock:
            async with trial.held():
                everything = "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"
                await lock.enter_async_context(holding.held_by(trial.eye.url, everything))
            await asyncio.sleep(seconds)  # the fault itself, and no wait for anything
        await trial.over()


@on("redis", short=())
async def test_a_pool_that_others_have_emptied(lab: Lab) -> None:
    async with lab.trial("pool of todos exhausted") as trial:
        async with (
            httpx.AsyncClient(base_url=lab.stack.url, trust_env=False, timeout=30) as clients,
            holding.before_rendering(trial.eye.url),
        ):
            waiting = [asyncio.create_task(clients.get("/api/v1/todos")) for _ in range(30)]
            await trial.eye.until(
                "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'taskoverflow-api%'"
                " AND wait_event_type = 'Lock' HAVING count(*) >= 10"
            )
            trial.load.more(10)
            trial.expect((await clients.get("/healthz")).is_success, "not even /healthz answers")
            answers = {answer.status_code for answer in await asyncio.gather(*waiting)}
        trial.expect(answers == {503}, f"those who waited were answered {answers}")
        await trial.over()


@on()
async def test_a_postgres_that_only_reads(lab: Lab) -> None:
    async with lab.trial("Postgres read-only", refuses=True) as trial:
        async with trial.held():
            try:
                await trial.eye.execute(
                    "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"
                )
                trial.load.more_refused()
            finally:
                await trial.eye.execute(
                    "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"
                )
        await trial.over()


@on("redis", short=())
async def test_a_postgres_that_stalls(lab: Lab) -> None:
    async with lab.trial("Postgres stalls", refuses=True) as trial:
        async with trial.held():
            for member in lab.stack.members:
                member.postgres.stall()
            trial.load.more_refused()
        await trial.over()


@on("redis")
async def test_one_worker_that_is_cut_off_from_postgres(lab: Lab) -> None:
    async with lab.trial("one worker cut off from Postgres") as trial:
        async with trial.held() as (job, worker):
            worker.postgres.stall()
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)
        await trial.over()


@on("redis", short=())
async def test_connections_to_postgres_that_are_half_open(lab: Lab) -> None:
    async with lab.trial("half-open to Postgres", refuses=True, patience=DEAF_SECONDS) as trial:
        async with trial.held():
            for member in lab.stack.members:
                member.postgres.half_open()
            trial.load.more_refused()
        await trial.over()
