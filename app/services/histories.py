"""A job and all that happened to it."""

from uuid import UUID

from app.domain.errors import TaskNotFound
from app.domain.events import JobEvent
from app.domain.jobs import Job
from app.domain.owners import OwnerId
from app.storage import events, jobs
from app.storage.database import Sessions
from app.storage.snapshots import at_one_moment

History = tuple[Job, list[JobEvent]]
"""Both as they were at one moment."""


async def read_history(sessions: Sessions, owner: OwnerId, job_id: UUID) -> History:
    """The owner's job with its timeline, or ``TaskNotFound``."""
    async with at_one_moment(sessions) as session:
        job = found(await jobs.find(session, owner, job_id), job_id)
        return job, await events.of_job(session, job.id)


async def read_status(sessions: Sessions, owner: OwnerId, job_id: UUID) -> Job:
    """The owner's job alone, or ``TaskNotFound``."""
    async with sessions.at_once() as session:
        return found(await jobs.find(session, owner, job_id), job_id)


def found(job: Job | None, job_id: UUID) -> Job:
    """The job that was asked for, or ``TaskNotFound``."""
    if job is None:
        raise TaskNotFound(f"There is no task {job_id}.")
    return job
