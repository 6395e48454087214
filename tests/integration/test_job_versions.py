"""Jobs that take a newer worker than this release's are left to one."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import pytest
from sqlalchemy import func, update

from app.domain.jobs import CALENDAR_VERSION, JOB_VERSION, JobState
from app.queue.publisher import Publisher
from app.services.operations import OperationsService
from app.settings import Settings
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.jobs import NONE, a_job, claim, read, told
from tests.support.messages import waiting_messages
from workers.sweeper import Sweeper

NEWER = JOB_VERSION + 1


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield publisher


async def change(sessions: Sessions, job_id: UUID, **values: object) -> None:
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == job_id).values(values))


async def a_newer_job(sessions: Sessions, **values: object) -> UUID:
    """A job as a newer release would leave it."""
    job_id = await a_job(sessions)
    await change(sessions, job_id, version=NEWER, **values)
    return job_id


def rung(settings: Settings) -> dict[str, int]:
    return {message["job_id"]: message["version"] for message in waiting_messages(settings.broker_url.url)}


async def test_a_calendar_asks_for_no_more_than_older_workers_know(sessions: Sessions) -> None:
    assert (await read(sessions, await a_job(sessions))).version == CALENDAR_VERSION


async def test_a_newer_job_is_left_with_all_its_attempts_and_others_go_on(sessions: Sessions) -> None:
    newer, ours = await a_newer_job(sessions), await a_job(sessions)
    assert await claim(sessions, newer) is None
    assert await claim(sessions, ours) is not None
    job = await read(sessions, newer)
    assert (job.state, job.attempt, await told(sessions, newer)) == (JobState.PENDING, 0, [])
    await change(sessions, newer, version=JOB_VERSION)
    assert await claim(sessions, newer) is not None


async def test_the_sweeper_rings_with_each_jobs_version(
    sessions: Sessions, settings: Settings, publisher: Publisher
) -> None:
    newer, ours = await a_newer_job(sessions, ring_at=func.now()), await a_job(sessions)
    await change(sessions, ours, ring_at=func.now())
    await Sweeper(sessions, publisher, settings).sweep()
    assert rung(settings) == {str(newer): NEWER, str(ours): CALENDAR_VERSION}


async def test_the_operator_rings_with_each_jobs_version(
    sessions: Sessions, settings: Settings, publisher: Publisher
) -> None:
    service = OperationsService(sessions, publisher)
    newer, ours = await a_newer_job(sessions), await a_job(sessions)
    await service.redrive(NONE)
    assert rung(settings) == {str(newer): NEWER, str(ours): CALENDAR_VERSION}


@pytest.mark.parametrize(
    "stands", [{"state": JobState.RETRY}, {"state": JobState.FAILURE, "finished_at": func.now()}]
)
async def test_an_operators_retry_keeps_the_version(
    sessions: Sessions, settings: Settings, publisher: Publisher, stands: dict[str, object]
) -> None:
    newer = await a_newer_job(sessions, **stands)
    done = await OperationsService(sessions, publisher).retry(str(newer))
    runs = done.new_id or newer
    assert rung(settings) == {str(runs): NEWER}
    assert (await read(sessions, runs)).version == NEWER
