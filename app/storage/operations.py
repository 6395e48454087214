"""Queries for the operator, who looks after the service and not after anybody's todos.

None of them takes an owner: whoever can reach the database itself may see and end every job in it. Nothing
that answers a client may call them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import EventKind
from app.domain.jobs import WAITING, Job, JobState
from app.domain.operations import Waiting
from app.storage.events import recorded
from app.storage.job_rows import read_job
from app.storage.jobs import revoke
from app.storage.schema import IS_OPEN_RENDER, ORIGIN, jobs


async def clock(session: AsyncConnection) -> datetime:
    """The database's time, at the beginning of the transaction."""
    return (await session.execute(select(func.now()))).scalar_one()


async def newest(session: AsyncConnection, *, states: Sequence[JobState], limit: int) -> list[Job]:
    """The jobs that were asked for last, in these states or, where none is given, in any."""
    statement = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
    if states:
        statement = statement.where(jobs.c.state.in_(states))
    return [read_job(row) for row in await session.execute(statement)]


async def find(session: AsyncConnection, job_id: UUID) -> Job | None:
    """The job of that id, whoever owns it."""
    row = (await session.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    return None if row is None else read_job(row)


async def between(session: AsyncConnection, first: UUID, last: UUID, *, limit: int) -> list[UUID]:
    """The ids of jobs from ``first`` to ``last``, both included."""
    statement = select(jobs.c.id).where(jobs.c.id.between(first, last)).order_by(jobs.c.id).limit(limit)
    return list((await session.execute(statement)).scalars())


async def count_states(session: AsyncConnection) -> dict[JobState, int]:
    """How many jobs there are in each state."""
    statement = select(jobs.c.state, func.count()).group_by(jobs.c.state)
    found = {row[0]: row[1] for row in await session.execute(statement)}
    return {state: found.get(state, 0) for state in JobState}


async def waiting_since(session: AsyncConnection) -> datetime | None:
    """Since when the job has been waiting that has been able to run for longest."""
    statement = select(func.min(jobs.c.run_at)).where(jobs.c.state.in_(WAITING), jobs.c.run_at <= func.now())
    since: datetime | None = (await session.execute(statement)).scalar_one()
    return since


async def waiting(
    session: AsyncConnection, *, since: datetime, after: Waiting | None, limit: int
) -> list[Waiting]:
    """Jobs that have been able to run since that moment or before, longest first, beginning ``after`` one.

    A job keeps its ``run_at`` for as long as it waits, so going on after the last one skips none.
    """
    statement = (
        select(jobs.c.id, jobs.c.run_at, jobs.c.version)
        .where(jobs.c.state.in_(WAITING), jobs.c.run_at <= since)
        .order_by(jobs.c.run_at, jobs.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(jobs.c.run_at, jobs.c.id) > (after.since, after.job_id))
    return [Waiting(*row) for row in await session.execute(statement)]


async def cancel(session: AsyncConnection, job_id: UUID) -> bool:
    """End a job, if it has not ended."""
    return await revoke(session, jobs.c.id == job_id, None)


async def run_now(session: AsyncConnection, job_id: UUID) -> bool:
    """End the wait of a job in RETRY; False if it is not waiting so."""
    hurry = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == JobState.RETRY)
        .values(run_at=func.now(), ring_at=func.now())
    )
    return (await session.execute(recorded(hurry, EventKind.RUN_NOW, None))).one_or_none() is not None


async def copy(session: AsyncConnection, job_id: UUID, new_id: UUID) -> bool:
    """Store a new job like one that has ended without a file, or whose file is gone; False if none has.

    A final state never changes, so the old job stays as it is. There is no new one either where another
    render of its feed is under way.
    """
    gone = or_(
        jobs.c.state.in_((JobState.FAILURE, JobState.REVOKED)),
        (jobs.c.state == JobState.SUCCESS) & jobs.c.removed_at.is_not(None),
    )
    ended = select(literal(new_id), jobs.c.owner_id, jobs.c.options, jobs.c.version, jobs.c.feed_id, *ORIGIN)
    columns = ["id", "owner_id", "options", "version", "feed_id", *(column.key for column in ORIGIN)]
    again = insert(jobs).from_select(columns, ended.where(jobs.c.id == job_id, gone))
    again = again.on_conflict_do_nothing(index_elements=[jobs.c.feed_id], index_where=IS_OPEN_RENDER)
    statement = recorded(again, EventKind.COPIED, f"in place of {job_id}")
    return (await session.execute(statement)).one_or_none() is not None
