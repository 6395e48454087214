"""Jobs that would fail each time they are tried."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from app.domain.jobs import Claim, JobState
from app.settings import Settings
from app.storage.database import Sessions
from app.storage.schema import result_chunks
from tests.support import databases
from tests.support.asking import held_up, waiting_for_locks
from tests.support.jobs import NO_LIMIT, a_job, read
from tests.support.waiting import until
from workers.calendars import make_calendar
from workers.runtime import PermanentFailure, Runtime

SOON = timedelta(seconds=0.2)
TOO_LONG = "it took longer than 0.2 s, which is the limit"


def explode(error: Exception) -> None:
    raise error


async def cancellation() -> None:
    """Wait to be cancelled; what never comes is an error, and not a test that hangs."""
    await asyncio.wait_for(asyncio.Event().wait(), 30)


async def make(sessions: Sessions, held: Claim, max_bytes: int = NO_LIMIT) -> None:
    await make_calendar(sessions, held, timezone="UTC", max_bytes=max_bytes)


async def test_a_calendar_that_grows_too_large_fails_at_once_and_leaves_nothing(
    sessions: Sessions, settings: Settings, database_url: str
) -> None:
    await databases.execute(
        database_url,
        "INSERT INTO todos (owner_id, title, completed, deadline_local)"
        " SELECT '00000000-0000-0000-0000-000000000001', repeat('x', 80), false, '2026-12-01'"
        " FROM generate_series(1, 4000)",
    )
    job_id = await a_job(sessions)
    async with Runtime(sessions, settings).attempt(job_id) as held:
        assert held is not None
        # More than one chunk, so that some of the file was written before.
        await make(sessions, held, max_bytes=600_000)
    job = await read(sessions, job_id)
    assert (job.state, job.attempt, job.error) == (
        JobState.FAILURE,
        1,
        "the calendar would have more than 600000 bytes, the limit",
    )
    async with sessions.begin() as session:
        assert (await session.execute(select(func.count()).select_from(result_chunks))).scalar_one() == 0


async def test_a_calendar_of_just_the_limit_is_made(sessions: Sessions, settings: Settings) -> None:
    sizes: list[int] = []
    for spare in (NO_LIMIT, 0, -1):
        job_id = await a_job(sessions)
        async with Runtime(sessions, settings).attempt(job_id) as held:
            assert held is not None
            await make(sessions, held, max_bytes=(sizes[0] if sizes else 0) + spare)
        counts = (await read(sessions, job_id)).counts
        sizes.append(counts.bytes if counts else 0)
    assert sizes == [sizes[0], sizes[0], 0]


async def test_an_attempt_that_takes_too_long_fails_and_its_statement_is_cancelled(
    sessions: Sessions, settings: Settings, database_url: str
) -> None:
    job_id = await a_job(sessions)
    async with held_up(database_url):
        async with Runtime(sessions, settings.model_copy(update={"render_timeout": SOON})).attempt(
            job_id
        ) as held:
            assert held is not None
            await make(sessions, held)
        job = await read(sessions, job_id)
        assert (job.state, job.attempt, job.error) == (JobState.FAILURE, 1, TOO_LONG)

        async def none_waits() -> bool:
            return await waiting_for_locks(database_url) == 0

        assert await until(none_waits, "the end of the statement")


async def test_a_time_out_inside_an_attempt_is_an_error_like_any_other(
    sessions: Sessions, settings: Settings
) -> None:
    job_id = await a_job(sessions)
    async with Runtime(sessions, settings).attempt(job_id):
        explode(TimeoutError())
    assert (await read(sessions, job_id)).state is JobState.RETRY


async def test_a_worker_that_stops_while_the_time_limit_ends_an_attempt_gives_the_job_back(
    sessions: Sessions, settings: Settings
) -> None:
    job_id = await a_job(sessions)
    runtime = Runtime(sessions, settings.model_copy(update={"render_timeout": SOON}))
    async with runtime.attempt(job_id):
        try:
            await cancellation()
        finally:
            asyncio.get_running_loop().call_soon(runtime.give_up)
            await cancellation()
    assert (await read(sessions, job_id)).state is JobState.RETRY


async def test_a_permanent_failure_of_an_attempt_that_lost_its_job_changes_nothing(
    sessions: Sessions, settings: Settings, database_url: str
) -> None:
    job_id = await a_job(sessions)
    async with Runtime(sessions, settings).attempt(job_id):
        await databases.execute(database_url, "UPDATE jobs SET attempt = attempt + 1")
        taken = await read(sessions, job_id)
        explode(PermanentFailure("too late to say"))
    assert await read(sessions, job_id) == taken
