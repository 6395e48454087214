"""What an operator does with jobs, whoever owns them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.jobs import Job, JobState
from app.domain.operations import JobHistory, JobList, Snapshot, Waiting
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.storage import events, operations, twins
from app.storage.database import Sessions
from app.storage.snapshots import at_one_moment

_BATCH = 5000
"""How many jobs are rung for at once; each read looks at all that wait, so a few large ones are best."""

_SHOWN = 3
"""How many of the jobs are named that an ambiguous id may mean."""

_BEGINNING = re.compile(r"[0-9a-f]{4,32}")


class NotDone(Exception):  # noqa: N818 - says what happened
    """Nothing was changed, and the text says why in one line."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A job that is REVOKED now."""

    job_id: UUID
    already: bool
    """It was so before."""


@dataclass(frozen=True, slots=True)
class Retried:
    """A job that is to run now."""

    job_id: UUID
    new_id: UUID | None
    """The job that was made in its place, where it had ended."""
    unsent: str | None
    """Why its message could not be sent; the sweeper will."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """How much the broker was given."""

    jobs: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class OperationsService:
    """Jobs are named by the beginning of their id, as commits are in git."""

    sessions: Sessions
    publisher: Publisher

    async def newest(self, states: Sequence[JobState], limit: int) -> JobList:
        """The jobs that were asked for last."""
        async with at_one_moment(self.sessions) as session:
            found = await operations.newest(session, states=states, limit=limit)
            return JobList(await operations.clock(session), found)

    async def snapshot(self, newest: int) -> Snapshot:
        """How things stand."""
        async with at_one_moment(self.sessions) as session:
            return Snapshot(
                await operations.clock(session),
                await operations.count_states(session),
                await operations.waiting_since(session),
                await operations.newest(session, states=(), limit=newest),
            )

    async def history(self, reference: str) -> JobHistory:
        """One job and its timeline."""
        async with at_one_moment(self.sessions) as session:
            job = await _find(session, reference)
            return JobHistory(await operations.clock(session), job, await events.of_job(session, job.id))

    async def cancel(self, reference: str) -> Cancelled:
        """End a job that has not ended; harmless to repeat."""
        job = await self._find(reference)
        job_id = job.id
        async with self.sessions.begin() as session:
            if await operations.cancel(session, job_id):
                await twins.ring(session, job.owner, job.options)
                return Cancelled(job_id, already=False)
        # It had ended, and what is final stays: read afterwards, it tells what kept it from being cancelled.
        job = await self._find(str(job_id))
        if job.state is not JobState.REVOKED:
            raise NotDone(f"{job_id} has ended as {job.state}, which never changes")
        return Cancelled(job_id, already=True)

    async def retry(self, reference: str) -> Retried:
        """Let a job run now, or one like it if it has ended without a file that can be read."""
        job = await self._find(reference)
        new_id = uuid4()
        async with self.sessions.begin() as session:
            hurried = await operations.run_now(session, job.id)
            if not hurried and not await operations.copy(session, job.id, new_id):
                raise NotDone(_nothing_to_retry(job))
        runs, ended = (job.id, None) if hurried else (new_id, new_id)
        try:
            await self.publisher.send(RenderCalendar(runs, job.version))
        except SendFailed as error:
            return Retried(job.id, ended, unsent=str(error))
        return Retried(job.id, ended, unsent=None)

    async def redrive(self, older_than: timedelta) -> Redriven:
        """Ring for all jobs that have been able to run for that long, and for what was set aside.

        Raises ``SendFailed`` where the broker is down; no row changes, and ringing twice is harmless.
        """
        rung, last, batch = 0, None, list[Waiting]()
        async with self.sessions.begin() as session:
            since = await operations.clock(session) - older_than
        while True:
            async with self.sessions.begin() as session:
                batch = await operations.waiting(session, since=since, after=last, limit=_BATCH)
            if not batch:
                return Redriven(rung, await self.publisher.redrive_dead_letters())
            # With no transaction open: sending may take long.
            await self.publisher.send_all([RenderCalendar(each.job_id, each.version) for each in batch])
            rung, last = rung + len(batch), batch[-1]

    async def _find(self, reference: str) -> Job:
        async with self.sessions.begin() as session:
            return await _find(session, reference)


async def _find(session: AsyncConnection, reference: str) -> Job:
    """The one job whose id begins so, or ``NotDone``."""
    digits = reference.lower().replace("-", "")
    if not _BEGINNING.fullmatch(digits):
        raise NotDone(f"{reference} is no job's id, nor the first 4 or more of its digits")
    first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    ids = await operations.between(session, first, last, limit=_SHOWN + 1)
    job = await operations.find(session, ids[0]) if len(ids) == 1 else None
    if len(ids) > 1:
        named = [str(each) for each in ids[:_SHOWN]] + ["…"] * (len(ids) > _SHOWN)
        raise NotDone(f"{reference} is ambiguous: {', '.join(named)}")
    if job is None:
        raise NotDone(f"There is no job {reference}")
    return job


def _nothing_to_retry(job: Job) -> str:
    match job.state:
        case JobState.PENDING:
            return f"{job.id} waits for a worker already; redrive rings for it again"
        case JobState.STARTED:
            return f"{job.id} runs: its attempt {job.attempt} has started"
        case JobState.SUCCESS:
            return f"{job.id} has succeeded, and its file can be downloaded"
        case _:
            return f"{job.id} changed at that moment; ask again"
