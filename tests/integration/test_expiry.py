"""What is old goes, in batches that are small by number and by size, and never at the cost of open jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, insert, select, text, update

from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import sweeps
from app.storage.database import Sessions
from app.storage.schema import job_events, jobs, result_chunks
from app.storage.sweeps import BATCH, BATCH_BYTES
from tests.support.jobs import LEASE, NONE, a_job
from tests.support.locks import blocked
from tests.support.messages import waiting_messages
from tests.support.waiting import until
from workers.sweeper import Sweeper

MIB = 1024 * 1024
AGED = timedelta(days=31)


@pytest.fixture
async def sweeper(sessions: Sessions, settings: Settings) -> AsyncIterator[Sweeper]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield Sweeper(sessions, publisher, settings)


async def ended(sessions: Sessions, *, ago: timedelta, **values: Any) -> UUID:
    """A job that ended then, by default with a file, an event and a chunk."""
    job_id = uuid4()
    row = {"owner_id": BUILT_IN_OWNER, "options": {}, "state": JobState.SUCCESS, **values}
    async with sessions.begin() as session:
        await session.execute(insert(jobs).values(id=job_id, finished_at=func.now() - ago, **row))
        await session.execute(insert(job_events).values(job_id=job_id, attempt=1, kind="claimed"))
        chunk = {"job_id": job_id, "attempt": 1, "number": 0, "data": b"x"}
        await session.execute(insert(result_chunks).values(chunk))
    return job_id


async def of_sizes(sessions: Sessions, *mebibytes: int, **values: Any) -> None:
    """Jobs with files as large as their rows say, the oldest first."""
    for number, size in enumerate(mebibytes):
        await ended(sessions, ago=AGED - timedelta(minutes=number), bytes=size * MIB, **values)


async def remove(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await sweeps.remove_results(session, older_than=NONE)


async def forget(sessions: Sessions, older_than: timedelta = NONE) -> int:
    async with sessions.begin() as session:
        return await sweeps.forget_jobs(session, older_than=older_than)


async def left(sessions: Sessions) -> dict[str, set[UUID]]:
    """The jobs that there are rows of, by table."""
    async with sessions.begin() as session:
        return {
            name: set((await session.execute(select(column))).scalars())
            for name, column in (
                ("jobs", jobs.c.id),
                ("events", job_events.c.job_id),
                ("chunks", result_chunks.c.job_id),
            )
        }


@pytest.mark.parametrize(
    ("mebibytes", "batches"),
    [
        ((40, 20, 10), [2, 1, 0]),
        ((40, 24, 1), [2, 1, 0]),
        ((100, 1, 1), [1, 2, 0]),
        ((10, 100, 1), [1, 1, 1, 0]),
        ((1, 1, 100), [2, 1, 0]),
    ],
)
@pytest.mark.parametrize("act", [remove, forget])
async def test_a_batch_is_what_came_first_up_to_a_size_and_at_least_one(
    sessions: Sessions, act: Any, mebibytes: tuple[int, ...], batches: list[int]
) -> None:
    assert BATCH_BYTES == 64 * MIB
    await of_sizes(sessions, *mebibytes)
    assert [await act(sessions) for _ in batches] == batches


async def test_of_a_file_counts_what_is_stored_of_it_here(sessions: Sessions) -> None:
    await of_sizes(sessions, 100, 100, packed_bytes=32 * MIB)
    await of_sizes(sessions, 100, result_of=uuid4())
    assert await forget(sessions) == 3


async def test_a_file_that_is_gone_has_no_size(sessions: Sessions) -> None:
    await of_sizes(sessions, 100, 100, removed_at=func.now())
    assert await forget(sessions) == 2


async def test_jobs_without_a_file_do_not_keep_a_large_one_from_going(sessions: Sessions) -> None:
    await ended(sessions, ago=2 * AGED, state=JobState.FAILURE)
    await of_sizes(sessions, 100, 100)
    assert [await forget(sessions) for _ in range(3)] == [2, 1, 0]


async def test_a_batch_is_bounded_by_number_too(sessions: Sessions) -> None:
    many = text(
        "INSERT INTO jobs (id, owner_id, options, state, finished_at) SELECT gen_random_uuid(), "
        f"gen_random_uuid(), '{{}}', 'FAILURE', now() - interval '1 h' FROM generate_series(1, {BATCH + 1})"
    )
    async with sessions.begin() as session:
        await session.execute(many)
    assert [await forget(sessions) for _ in range(3)] == [BATCH, 1, 0]


async def test_jobs_that_ended_long_ago_are_forgotten_with_all_they_had(
    sessions: Sessions, client: httpx.AsyncClient
) -> None:
    for state in (JobState.SUCCESS, JobState.FAILURE, JobState.REVOKED):
        old = await ended(sessions, ago=timedelta(hours=2), state=state)
    young = await ended(sessions, ago=timedelta(minutes=30))
    waits = await a_job(sessions)
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(created_at=func.now() - AGED))
    assert await forget(sessions, timedelta(hours=1)) == 3
    assert await left(sessions) == {"jobs": {young, waits}, "events": {young}, "chunks": {young}}
    for what in ("", "/status", "/result"):
        answer = await client.get(f"/todos/ical/{old}{what}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Task not found")


@pytest.mark.parametrize("act", [remove, forget])
async def test_what_somebody_holds_is_left_for_later(sessions: Sessions, act: Any) -> None:
    held = await ended(sessions, ago=AGED)
    await ended(sessions, ago=timedelta(days=1))
    async with sessions.begin() as other:
        await other.execute(select(jobs.c.id).where(jobs.c.id == held).with_for_update())
        assert await act(sessions) == 1
    assert await act(sessions) == 1


async def test_the_sweeper_removes_each_thing_after_its_own_time(
    sessions: Sessions, settings: Settings, sweeper: Sweeper
) -> None:
    second = timedelta(seconds=1)
    await ended(sessions, ago=settings.job_ttl + second)
    fileless = await ended(sessions, ago=settings.result_ttl + second)
    whole = await ended(sessions, ago=timedelta(days=1))
    await sweeper.sweep()
    assert len((await left(sessions))["chunks"]) == 3
    await sweeper.expire()
    assert await left(sessions) == {
        "jobs": {fileless, whole},
        "events": {fileless, whole},
        "chunks": {whole},
    }


async def test_one_sweeper_at_a_time_removes(sessions: Sessions, sweeper: Sweeper) -> None:
    await ended(sessions, ago=AGED)
    async with sessions.begin() as other:
        assert await sweeps.remove_results(other, older_than=2 * AGED) == 0
        await sweeper.expire()
        assert len((await left(sessions))["chunks"]) == 1
    await sweeper.expire()
    assert len((await left(sessions))["jobs"]) == 0


async def test_while_removal_waits_jobs_are_rescued_and_rung_for(
    sessions: Sessions, settings: Settings, sweeper: Sweeper
) -> None:
    await ended(sessions, ago=AGED)
    dead = await a_job(sessions)

    async def rung() -> bool:
        return [each["job_id"] for each in waiting_messages(settings.broker_url.url)] == [str(dead)]

    async with sessions.begin() as other:
        await other.execute(text("LOCK TABLE result_chunks IN ACCESS EXCLUSIVE MODE"))
        sweeping = asyncio.create_task(sweeper.run())
        await blocked(sessions)
        died = {"state": JobState.STARTED, "attempt": 1, "lease_until": func.now() - LEASE}
        async with sessions.begin() as session:
            await session.execute(update(jobs).where(jobs.c.id == dead).values(died))
        # Less than a statement may take, or its end would be what lets the next sweep begin.
        async with asyncio.timeout(15):
            assert await until(rung, "a message")
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
