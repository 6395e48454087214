"""Asking for a calendar, watching it being made, and reading it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from app.domain.calendars import CalendarOptions
from app.domain.errors import TaskCancelled, TaskEnded, TaskExpired, TaskFailed, TaskNotFinished, TaskNotFound
from app.domain.jobs import Job, JobState
from app.domain.owners import OwnerId
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.storage import jobs, results
from app.storage.database import Sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CalendarService:
    """The life of a job, as its client sees it."""

    sessions: Sessions
    publisher: Publisher
    resend_after: timedelta

    async def submit(self, owner: OwnerId, options: CalendarOptions) -> UUID:
        """Accept a job: from its commit on it will end, even if its message is never sent."""
        job_id = uuid4()
        async with self.sessions.begin() as session:
            await jobs.add(session, owner, job_id, options, resend_after=self.resend_after)
        try:
            await self.publisher.send(RenderCalendar(job_id))
        except SendFailed as error:
            log.warning("send_failed", job_id=str(job_id), reason=str(error), again_in=str(self.resend_after))
        return job_id

    async def status(self, owner: OwnerId, job_id: UUID) -> Job:
        """The job as it is now, or ``TaskNotFound``."""
        async with self.sessions.begin() as session:
            return _found(await jobs.find(session, owner, job_id), job_id)

    async def cancel(self, owner: OwnerId, job_id: UUID) -> Job:
        """End the job, or ``TaskEnded`` if it has ended in another way; harmless to repeat."""
        async with self.sessions.begin() as session:
            await jobs.cancel(session, owner, job_id)
            # Whoever ended it, and be it a moment ago: what is final stays, so it can be read afterwards.
            job = _found(await jobs.find(session, owner, job_id), job_id)
        if job.state is not JobState.REVOKED:
            raise TaskEnded(f"Task {job_id} has ended as {job.state}, which never changes.")
        return job

    async def finished(self, owner: OwnerId, job_id: UUID) -> Job:
        """The job if its file can be read, else the problem that says why not."""
        job = await self.status(owner, job_id)
        match job.state:
            case JobState.SUCCESS if job.removed_at is None:
                return job
            case JobState.SUCCESS:
                raise TaskExpired(f"The calendar of task {job_id} was kept for its time and then removed.")
            case JobState.FAILURE:
                raise TaskFailed(job.error or "The task failed.")
            case JobState.REVOKED:
                raise TaskCancelled(f"Task {job_id} was cancelled.")
            case _:
                raise TaskNotFinished(f"Task {job_id} is {job.state}; ask again when it is SUCCESS.")

    def read(self, job: Job, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` to ``last``, both included, of a finished job's file."""
        return results.read(self.sessions, job, first, last)


def _found(job: Job | None, job_id: UUID) -> Job:
    if job is None:
        raise TaskNotFound(f"There is no task {job_id}.")
    return job
