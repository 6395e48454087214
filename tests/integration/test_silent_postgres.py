"""Attempts while Postgres does not answer: what they have to say is lost, and nothing else."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import PostgresDsn

from app.domain.jobs import JobState
from app.settings import Settings
from app.storage.database import Sessions, open_engine, open_sessions
from tests.support.databases import execute
from tests.support.jobs import a_job, read
from tests.support.waiting import until
from workers.runtime import Runtime

LEASE = timedelta(seconds=8)


@pytest.fixture
async def nowhere() -> AsyncIterator[Sessions]:
    engine = open_engine(PostgresDsn("postgresql://127.0.0.1:1/x"), pool_size=1, name="tests")
    yield open_sessions(engine)
    await engine.dispose()


async def idle_connections(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
        )
    finally:
        await connection.close()
    return [row["pid"] for row in found]


async def lease_until(url: str) -> datetime:
    connection = await asyncpg.connect(url)
    try:
        moment: datetime = await connection.fetchval("SELECT lease_until FROM jobs")
    finally:
        await connection.close()
    return moment


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def explode() -> None:
    raise ValueError


async def test_a_message_is_not_to_blame_for_a_claim_that_failed(
    nowhere: Sessions, settings: Settings
) -> None:
    async with Runtime(nowhere, settings).attempt(uuid4()) as held:
        assert held is None


async def test_an_end_that_could_not_be_written_is_left_to_the_lease(
    sessions: Sessions, settings: Settings, database_url: str
) -> None:
    job_id: UUID = await a_job(sessions)
    name = database_url.rpartition("/")[2]
    async with Runtime(sessions, settings).attempt(job_id):
        await execute(database_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        await execute(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        explode()
    assert (await read(sessions, job_id)).state is JobState.STARTED


async def test_a_connection_that_dies_without_a_word_costs_no_lease(
    sessions: Sessions, settings: Settings, database_url: str
) -> None:
    job_id = await a_job(sessions)
    runtime = Runtime(sessions, settings.model_copy(update={"lease": LEASE}))
    async with runtime.attempt(job_id) as held:
        assert held is not None
        first = await lease_until(database_url)
        # The one that the claim came through, which the next beat would take.
        with frozen(await idle_connections(database_url)):

            async def extended() -> datetime | None:
                return moment if (moment := await lease_until(database_url)) != first else None

            beat_at = await until(extended, "a heartbeat on another connection") - LEASE
    assert beat_at < first
