"""An attempt and a sweep, in this process, against real servers."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import func, select, update

from app.domain.brokers import parse_broker_url
from app.domain.calendars import CalendarOptions
from app.domain.events import EventKind
from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs, result_chunks
from tests.support.jobs import NO_LIMIT, a_job, read, run, told
from tests.support.waiting import until
from workers.calendars import make_calendar
from workers.runtime import Runtime
from workers.sweeper import Sweeper


@pytest.fixture
def hurried(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"lease": timedelta(milliseconds=150), "max_attempts": 2, "resend_after": timedelta(hours=1)}
    )


@pytest.fixture
async def job_id(sessions: Sessions) -> UUID:
    job_id = uuid4()
    async with sessions.begin() as session:
        await queries.add(session, BUILT_IN_OWNER, job_id, CalendarOptions(), resend_after=timedelta(hours=1))
    return job_id


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    publisher = Publisher.open(settings)
    yield publisher
    await publisher.aclose()


def explode() -> None:
    raise ValueError("SELECT secret")


async def cancellation() -> None:
    """Wait to be cancelled; what never comes is an error, and not a test that hangs."""
    await asyncio.wait_for(asyncio.Event().wait(), 30)


def waiting_messages(broker_url: str) -> int:
    with Redis.from_url(broker_url) as redis:
        return int(redis.llen(f"dramatiq:{RenderCalendar.queue}"))


async def test_an_error_becomes_a_retry_and_then_a_failure(
    sessions: Sessions, hurried: Settings, job_id: UUID
) -> None:
    runtime = Runtime(sessions, hurried)
    for state in (JobState.RETRY, JobState.FAILURE):
        async with runtime.attempt(job_id) as held:
            assert held is not None
            explode()
        job = await read(sessions, job_id)
        assert job.state is state
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(run_at=func.now()))
    assert job.error == "attempt 2 of 2 ended with an error"


async def test_a_heartbeat_keeps_the_lease(sessions: Sessions, hurried: Settings, job_id: UUID) -> None:
    async def lease() -> object:
        async with sessions.begin() as session:
            return (await session.execute(select(jobs.c.lease_until))).scalar_one()

    async with Runtime(sessions, hurried).attempt(job_id):
        first = await lease()

        async def later() -> bool:
            return await lease() != first

        assert await until(later, "a heartbeat")


async def test_however_long_the_lease_is_it_is_told_how_far_an_attempt_is(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    patient = settings.model_copy(update={"lease": timedelta(hours=1)})
    async with Runtime(sessions, patient).attempt(job_id) as held:
        assert held is not None
        held.progress.total, held.progress.done = 2, 1

        async def half() -> bool:
            return (await read(sessions, job_id)).progress == 0.5

        assert await until(half, "a heartbeat")


async def test_an_attempt_that_lost_its_job_is_stopped(
    sessions: Sessions, hurried: Settings, job_id: UUID
) -> None:
    stopped = False
    async with Runtime(sessions, hurried).attempt(job_id):
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(attempt=jobs.c.attempt + 1))
        try:
            await cancellation()
        except asyncio.CancelledError:
            stopped = True
            raise
    job = await read(sessions, job_id)
    assert (stopped, job.state, job.attempt) == (True, JobState.STARTED, 2)


async def test_a_worker_that_ends_gives_its_job_back(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    runtime = Runtime(sessions, settings)
    async with runtime.attempt(job_id):
        asyncio.get_running_loop().call_soon(runtime.give_up)
        await cancellation()
    job = await read(sessions, job_id)
    assert (job.state, job.error) == (JobState.RETRY, "attempt 1 was stopped with its worker")
    assert await told(sessions, job_id) == [
        (1, EventKind.CLAIMED, f"{socket.gethostname()}:{os.getpid()}"),
        (1, EventKind.GIVEN_BACK, "attempt 1 was stopped with its worker"),
    ]
    async with runtime.attempt(job_id) as again:
        assert again is not None


async def test_the_last_attempt_is_the_last_even_if_its_worker_ends(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    runtime = Runtime(sessions, settings.model_copy(update={"max_attempts": 1}))
    async with runtime.attempt(job_id):
        asyncio.get_running_loop().call_soon(runtime.give_up)
        await cancellation()
    job = await read(sessions, job_id)
    assert (job.state, job.error) == (JobState.FAILURE, "attempt 1 of 1 was stopped with its worker")


async def test_a_fenced_result_leaves_nothing_behind(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    async with Runtime(sessions, settings).attempt(job_id) as held:
        assert held is not None
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(attempt=jobs.c.attempt + 1))
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    async with sessions.begin() as session:
        assert (await session.execute(select(func.count()).select_from(result_chunks))).scalar_one() == 0
    assert (await read(sessions, job_id)).state is JobState.STARTED


async def test_a_second_message_for_a_job_does_nothing(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    runtime = Runtime(sessions, settings)
    async with runtime.attempt(job_id) as held, runtime.attempt(job_id) as second:
        assert (held is not None, second) == (True, None)


async def test_the_sweeper_sends_what_was_never_sent(
    sessions: Sessions, settings: Settings, publisher: Publisher, job_id: UUID
) -> None:
    sweeper = Sweeper(sessions, publisher, settings)
    await sweeper.sweep()
    assert waiting_messages(settings.broker_url.url) == 0
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == job_id).values(ring_at=func.now()))
    await sweeper.sweep()
    await sweeper.sweep()
    assert waiting_messages(settings.broker_url.url) == 1


async def test_what_the_sweeper_could_not_send_is_sent_by_the_next_sweep(
    sessions: Sessions, settings: Settings, publisher: Publisher, job_id: UUID
) -> None:
    del job_id
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(ring_at=func.now()))
    nowhere = Publisher.open(
        settings.model_copy(update={"broker_url": parse_broker_url("redis://127.0.0.1:1")})
    )
    await Sweeper(sessions, nowhere, settings).sweep()
    await nowhere.aclose()
    await Sweeper(sessions, publisher, settings).sweep()
    assert waiting_messages(settings.broker_url.url) == 1


class HeldUp(Publisher):
    """Sends when it is let."""

    asked: asyncio.Event
    let: asyncio.Event

    async def send_all(self, messages: Sequence[RenderCalendar]) -> None:
        self.asked.set()
        await self.let.wait()
        await super().send_all(messages)


async def test_a_sweeper_that_is_told_to_stop_sends_what_its_rows_say_was_sent(
    sessions: Sessions, settings: Settings, job_id: UUID
) -> None:
    del job_id
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(ring_at=func.now()))
    publisher = HeldUp.open(settings)
    publisher.asked, publisher.let = asyncio.Event(), asyncio.Event()
    sweeper = Sweeper(sessions, publisher, settings)
    sweeping = asyncio.create_task(sweeper.run())
    await publisher.asked.wait()
    sweeper.stop()
    publisher.let.set()
    await sweeping
    await publisher.aclose()
    assert waiting_messages(settings.broker_url.url) == 1


async def test_the_sweeper_rescues_and_rings_at_once(
    sessions: Sessions, settings: Settings, publisher: Publisher, job_id: UUID
) -> None:
    async with sessions.begin() as session:
        assert await queries.claim(session, job_id, lease=timedelta(seconds=-1))
    await Sweeper(sessions, publisher, settings).sweep()
    assert (await read(sessions, job_id)).state is JobState.RETRY
    assert waiting_messages(settings.broker_url.url) == 1


async def test_equal_jobs_make_equal_files(sessions: Sessions, settings: Settings, job_id: UUID) -> None:
    await run(sessions, settings, str(job_id))
    # Only now, for jobs that wait together share a file.
    other = await a_job(sessions)
    await run(sessions, settings, str(other))
    assert (await read(sessions, job_id)).digest == (await read(sessions, other)).digest
