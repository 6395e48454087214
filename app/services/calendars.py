"""Asking for a calendar, watching it being made, and reading it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import CalendarOptions
from app.domain.errors import (
    KeyReused,
    TaskCancelled,
    TaskEnded,
    TaskExpired,
    TaskFailed,
    TaskNotFinished,
    TooManyOpenTasks,
)
from app.domain.jobs import Job, JobPlace, JobState
from app.domain.origins import current_origin
from app.domain.owners import OwnerId
from app.domain.quotas import Quota
from app.metrics.api import ApiMetrics
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher
from app.services.announcing import announce
from app.services.grouped_jobs import GroupedJobs
from app.services.histories import History, found, read_history
from app.services.open_jobs import OpenJobs
from app.services.watching import Watching
from app.storage import idempotency, jobs, objects, results, twins
from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import Readable
from app.storage.database import Sessions
from app.storage.objects import StoredObject
from app.storage.s3 import S3
from app.storage.shared_jobs import NewJob

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that will end."""

    job_id: UUID
    replayed: bool
    """It was so before: the same request came with the same key."""


def expired(job_id: UUID) -> TaskExpired:
    """The problem of a file that is there no more."""
    return TaskExpired(f"The calendar of task {job_id} was kept for its time and then removed.")


@dataclass(frozen=True, slots=True)
class CalendarService:
    """The life of a job, as its client sees it."""

    sessions: Sessions
    grouped: GroupedJobs
    publisher: Publisher
    resend_after: timedelta
    open_jobs: OpenJobs
    watching: Watching
    metrics: ApiMetrics
    chunks: ChunkCache = field(default_factory=ChunkCache)
    s3: S3 = field(default_factory=S3)
    lends: bool = False
    """Whether clients may be sent to S3 for what is there."""

    async def submit(self, owner: OwnerId, options: CalendarOptions, key: str | None = None) -> Accepted:
        """Accept a job: from its commit on it will end, even if its message is never sent.

        A key that was sent before means the job of then, or ``KeyReused`` with other options. That one's
        message is not sent again: if it was lost the sweeper rings, and clients that repeat themselves while
        something is down are the last who should have the broker do more.
        """
        if key is None:
            return await self._submit_once(owner, options)
        return await self._submit_with_key(owner, options, key)

    async def _submit_once(self, owner: OwnerId, options: CalendarOptions) -> Accepted:
        await self.open_jobs.admit(owner)
        job_id = uuid4()
        needs_message = await self.grouped.add(NewJob(job_id, owner, options, current_origin.get()))
        return self._accepted(job_id, needs_message=needs_message)

    async def _submit_with_key(self, owner: OwnerId, options: CalendarOptions, key: str) -> Accepted:
        earlier = await self._find(owner, key)
        if earlier is None:
            # In no transaction, since counting needs a connection too: if all of those that wait for it held
            # one, it would never have its own.
            await self._admit(owner, key)
            job_id = uuid4()
            earlier = await self._add_or_find(owner, job_id, options, key)
            if earlier is None:
                return self._accepted(job_id)
        if earlier.options != options:
            raise KeyReused(f"The key was sent before, for task {earlier.id}, whose options are others.")
        return Accepted(earlier.id, replayed=True)

    async def _find(self, owner: OwnerId, key: str) -> Job | None:
        async with self.sessions.at_once() as session:
            return await idempotency.find(session, owner, key)

    async def _admit(self, owner: OwnerId, key: str) -> None:
        try:
            await self.open_jobs.admit(owner)
        except TooManyOpenTasks:
            # A twin of this request may have had the last place since: then this one needs none.
            if await self._find(owner, key) is None:
                raise

    async def _add_or_find(
        self, owner: OwnerId, job_id: UUID, options: CalendarOptions, key: str
    ) -> Job | None:
        """Store the job, or find the one that has the key already."""
        async with self.sessions.at_once() as session:
            if await self._add(session, owner, job_id, options, key):
                return None
        # The key is taken: by another request that came first, or for longer than it is kept.
        async with self.sessions.begin() as session:
            while (earlier := await idempotency.find(session, owner, key)) is None:
                await idempotency.give_up(session, owner, key)
                if await self._add(session, owner, job_id, options, key):
                    break
            return earlier

    async def _add(
        self, session: AsyncConnection, owner: OwnerId, job_id: UUID, options: CalendarOptions, key: str
    ) -> bool:
        return await jobs.add(
            session,
            owner,
            job_id,
            options,
            resend_after=self.resend_after,
            key=key,
            origin=current_origin.get(),
        )

    def _accepted(self, job_id: UUID, *, needs_message: bool = True) -> Accepted:
        announce(
            RenderCalendar(job_id),
            self.publisher,
            self.metrics,
            resend_after=self.resend_after,
            is_needed=needs_message,
        )
        return Accepted(job_id, replayed=False)

    def quota(self, owner: OwnerId) -> Quota | None:
        """How many jobs more the owner may ask for before some have ended, if this process has counted."""
        return self.open_jobs.quota(owner)

    async def status(self, owner: OwnerId, job_id: UUID) -> Job:
        """The job as it is now, or ``TaskNotFound``."""
        return found(await self.grouped.find(owner, job_id), job_id)

    async def next_state(self, owner: OwnerId, job_id: UUID, *, seconds: float) -> Job:
        """The job once its state has changed, or as it is when the time is over; at once if it is final."""
        return await self.watching.until(
            owner, job_id, lambda first, latest: latest.state is not first.state, seconds=seconds
        )

    async def end(self, owner: OwnerId, job_id: UUID, *, seconds: float) -> Job | None:
        """An accepted job once it has ended, or as it is when the time is over.

        None if it can't be waited for; raises nothing, for accepted it stays.
        """
        try:
            return await self.watching.until(owner, job_id, lambda *_: False, seconds=seconds)
        except Exception as error:  # noqa: BLE001 - whatever it was, the client can still ask
            log.warning("not_waited_for", job_id=str(job_id), reason=str(error) or type(error).__name__)
            return None

    async def history(self, owner: OwnerId, job_id: UUID) -> History:
        """The job and what happened to it."""
        return await read_history(self.sessions, owner, job_id)

    def histories(self, owner: OwnerId, job_id: UUID) -> AsyncGenerator[History]:
        """The job and what happened to it, again after each change, until it is final."""
        return self.watching.histories(owner, job_id)

    async def page(
        self, owner: OwnerId, states: Sequence[JobState], *, before: JobPlace | None, limit: int
    ) -> tuple[list[Job], bool]:
        """Up to ``limit`` jobs behind that place, newest first, and whether there are more."""
        async with self.sessions.begin() as session:
            # One row more than asked for tells whether another page is worth announcing.
            found = await jobs.page(session, owner, states=states, before=before, limit=limit + 1)
        return found[:limit], len(found) > limit

    async def cancel(self, owner: OwnerId, job_id: UUID) -> Job:
        """End the job, or ``TaskEnded`` if it has ended in another way; harmless to repeat."""
        async with self.sessions.begin() as session:
            cancelled = await jobs.cancel(session, owner, job_id)
            # Whoever ended it, and be it a moment ago: what is final stays, so it can be read afterwards.
            job = found(await jobs.find(session, owner, job_id), job_id)
            if cancelled:
                await twins.ring(session, owner, job.options)
        if cancelled:
            self.metrics.jobs_ended.inc(JobState.REVOKED)
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
                raise expired(job_id)
            case JobState.FAILURE:
                raise TaskFailed(job.error or "The task failed.")
            case JobState.REVOKED:
                raise TaskCancelled(f"Task {job_id} was cancelled.")
            case _:
                raise TaskNotFinished(f"Task {job_id} is {job.state}; ask again when it is SUCCESS.")

    def stored(self, job: Job) -> Readable:
        """A finished job's file, to be read."""
        if job.object_at is None:
            return results.stored(self.sessions, self.chunks, job)
        assert job.counts is not None  # noqa: S101 - it goes with SUCCESS, and so does the next
        assert job.packed_bytes is not None  # noqa: S101
        return StoredObject(self.s3, job.object_at, job.counts.bytes, job.packed_bytes)

    def lent(self, job: Job) -> Callable[[], Awaitable[str]] | None:
        """Makes a URL by which the file can be read elsewhere for a few minutes, if that is wanted."""
        if job.object_at is None or not self.lends:
            return None
        return partial(objects.lend, self.s3, job.object_at)
