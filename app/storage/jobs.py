"""Queries of jobs. Every change of state is one conditional statement, on the database's clock."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.calendars import CalendarOptions
from app.domain.jobs import WAITING, Claim, Counts, Job, JobState
from app.domain.owners import OwnerId
from app.storage.schema import jobs


async def add(
    session: AsyncSession, owner: OwnerId, job_id: UUID, options: CalendarOptions, *, resend_after: timedelta
) -> None:
    """Store a job that waits; from here on it is accepted, whatever becomes of its message."""
    await session.execute(
        insert(jobs).values(
            id=job_id, owner_id=owner, options=options.to_json(), ring_at=func.now() + resend_after
        )
    )


async def find(session: AsyncSession, owner: OwnerId, job_id: UUID) -> Job | None:
    """The job of that id, if the owner has one."""
    statement = select(jobs).where(jobs.c.owner_id == owner, jobs.c.id == job_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _job(row)


async def claim(session: AsyncSession, job_id: UUID, *, lease: timedelta) -> Claim | None:
    """Start the next attempt of a job, or return None if nothing is to be done.

    A message may arrive twice, early, or after the job ended. Raising ``attempt`` voids what an earlier
    holder may still write.
    """
    statement = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.in_(WAITING), jobs.c.run_at <= func.now())
        .values(
            state=JobState.STARTED,
            attempt=jobs.c.attempt + 1,
            lease_until=func.now() + lease,
            started_at=func.coalesce(jobs.c.started_at, func.now()),
        )
        .returning(jobs.c.owner_id, jobs.c.options, jobs.c.attempt, jobs.c.created_at)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    return Claim(job_id, row.owner_id, CalendarOptions.from_json(row.options), row.attempt, row.created_at)


async def heartbeat(session: AsyncSession, held: Claim, *, lease: timedelta) -> bool:
    """Extend the lease; False if the attempt is no longer the job's latest and must stop."""
    return await _write(session, held, lease_until=func.now() + lease)


async def succeed(session: AsyncSession, held: Claim, counts: Counts, digest: str) -> bool:
    """End the job with its result; False if another attempt has taken over since."""
    return await _write(
        session,
        held,
        state=JobState.SUCCESS,
        lease_until=None,
        finished_at=func.now(),
        error=None,
        todos=counts.todos,
        skipped=counts.skipped,
        bytes=counts.bytes,
        digest=digest,
    )


async def retry(session: AsyncSession, held: Claim, error: str, *, after: timedelta) -> bool:
    """Let the job wait for its next attempt; the sweeper sends its message when the time has come."""
    run_at = func.now() + after
    return await _write(
        session, held, state=JobState.RETRY, lease_until=None, run_at=run_at, ring_at=run_at, error=error
    )


async def fail(session: AsyncSession, held: Claim, error: str) -> bool:
    """End the job without a result."""
    return await _write(
        session, held, state=JobState.FAILURE, lease_until=None, finished_at=func.now(), error=error
    )


async def _write(session: AsyncSession, held: Claim, **values: object) -> bool:
    """Write what an attempt has to say, if it is still the latest: the fence."""
    statement = update(jobs).where(_holds(held)).values(**values).returning(jobs.c.id)
    return (await session.execute(statement)).one_or_none() is not None


def _holds(held: Claim) -> ColumnElement[bool]:
    return and_(jobs.c.id == held.job_id, jobs.c.attempt == held.attempt, jobs.c.state == JobState.STARTED)


def _job(row: Row[Any]) -> Job:
    counts = None if row.bytes is None else Counts(row.todos, row.skipped, row.bytes)
    return Job(
        id=row.id,
        owner=row.owner_id,
        state=JobState(row.state),
        options=CalendarOptions.from_json(row.options),
        attempt=row.attempt,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        counts=counts,
        digest=row.digest,
        removed_at=row.removed_at,
    )
