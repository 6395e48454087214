"""Jobs in the states that tests need, and what may happen to them."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, update

from app.domain.calendars import CalendarOptions
from app.domain.events import JobEvent
from app.domain.jobs import Claim, Counts, Job, JobState
from app.domain.owners import BUILT_IN_OWNER
from app.settings import Settings
from app.storage import events, sweeps
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs
from workers.calendars import make_calendar
from workers.runtime import Runtime

LEASE = timedelta(seconds=10)
NONE = timedelta()
NO_LIMIT = 1024**3
COUNTS = Counts(1, 0, 5)


async def a_job(sessions: Sessions) -> UUID:
    job_id = uuid4()
    async with sessions.begin() as session:
        await queries.add(session, BUILT_IN_OWNER, job_id, CalendarOptions(), resend_after=LEASE)
    return job_id


async def claim(sessions: Sessions, job_id: UUID) -> Claim | None:
    async with sessions.begin() as session:
        return await queries.claim(session, job_id, lease=LEASE)


async def claimed(sessions: Sessions) -> Claim:
    held = await claim(sessions, await a_job(sessions))
    assert held is not None
    return held


async def read(sessions: Sessions, job_id: UUID) -> Job:
    async with sessions.begin() as session:
        job = await queries.find(session, BUILT_IN_OWNER, job_id)
    assert job is not None
    return job


async def run(sessions: Sessions, settings: Settings, job_id: str) -> None:
    """Make the calendar of a job that waits, as a worker does."""
    async with Runtime(sessions, settings).attempt(UUID(job_id)) as held:
        assert held is not None
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)


async def end_lease(sessions: Sessions) -> None:
    """Move the lease, since nobody can move the database's clock."""
    async with sessions.begin() as session:
        ended = update(jobs).where(jobs.c.state == JobState.STARTED)
        await session.execute(ended.values(lease_until=func.now() - timedelta(seconds=1)))


async def rescue(sessions: Sessions, *, max_attempts: int = 5) -> dict[UUID, JobState]:
    async with sessions.begin() as session:
        rescued = await sweeps.rescue(session, max_attempts=max_attempts, retry_backoff=timedelta(seconds=2))
    return {each.job_id: each.state for each in rescued}


async def timeline(sessions: Sessions, job_id: UUID) -> list[JobEvent]:
    async with sessions.begin() as session:
        return await events.of_job(session, job_id)


async def told(sessions: Sessions, job_id: UUID) -> list[tuple[int, str, str | None]]:
    """The timeline without its times."""
    return [(event.attempt, event.kind, event.detail) for event in await timeline(sessions, job_id)]
