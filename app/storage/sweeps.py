"""What the sweeper does to jobs in bulk; each call is one statement on a bounded batch, so no lock lasts.

While one worker's statement runs, those of others find nothing to do.
"""

from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Interval,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from app.domain.events import EventKind
from app.domain.jobs import LONGEST_BACKOFF, WAITING, JobState
from app.domain.origins import Origin
from app.storage.duties import Duty, unlocked
from app.storage.events import recorded
from app.storage.schema import ORIGIN, jobs, result_chunks

BATCH = 500
BATCH_BYTES = 64 * 1024 * 1024
"""How much of files goes at once, but for one that alone is larger."""

_sharing = jobs.alias("sharing")
IS_SHARED = exists().where(_sharing.c.result_of == jobs.c.id, _sharing.c.removed_at.is_(None))
"""Of a job whose file is still that of others too."""

_LONGEST_SILENCE = timedelta(minutes=1)
"""So soon a job is rung for again however long it has waited: a broker may have lost all messages."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """A job that was taken from its attempt, and what it became."""

    job_id: UUID
    attempt: int
    state: JobState
    origin: Origin


@dataclass(frozen=True, slots=True)
class Due:
    """A job that waits for its message."""

    job_id: UUID
    version: int
    sent: bool
    """A message for it, or for one like it, was sent before; for a retry only sweepers send one."""


async def ring(session: AsyncConnection, *, resend_after: timedelta) -> list[Due]:
    """Those longest overdue of the jobs whose messages are to be sent; who has waited longest comes first."""
    values = {"resend_after": resend_after, "at_most": max(resend_after, _LONGEST_SILENCE)}
    rung = sorted(await session.execute(_RING, values), key=attrgetter("run_at"))
    return [Due(row.id, row.version, sent=row.state == JobState.PENDING) for row in rung]


def _ring() -> ReturningUpdate[Any]:
    due = (
        select(jobs.c.id)
        .where(jobs.c.state.in_(WAITING), jobs.c.ring_at <= func.now())
        .order_by(jobs.c.ring_at)
    )
    return (
        update(jobs)
        .where(jobs.c.id.in_(unlocked(due, BATCH, Duty.RING)))
        .values(ring_at=func.now() + _until_next_ring())
        .returning(jobs.c.id, jobs.c.version, jobs.c.state, jobs.c.run_at)
    )


def _until_next_ring() -> ColumnElement[timedelta]:
    """Longer for a job that has waited for long: most likely it stands in a long queue, and its message too.

    Rings at equal distances would fill that queue with copies, which all have to be heard.
    """
    resend_after, at_most = (bindparam(name, type_=Interval) for name in ("resend_after", "at_most"))
    return func.least(func.greatest(resend_after, func.now() - jobs.c.run_at), at_most, type_=Interval)


_RING = _ring()


async def ring_soon(session: AsyncConnection, job_ids: list[UUID]) -> None:
    """Have the next sweep send these again, since this one could not."""
    waiting = jobs.c.id.in_(job_ids) & jobs.c.state.in_(WAITING)
    await session.execute(update(jobs).where(waiting).values(ring_at=func.now()))


async def rescue(session: AsyncConnection, *, max_attempts: int, retry_backoff: timedelta) -> list[Rescued]:
    """Take jobs from attempts whose lease has ended: RETRY, or FAILURE after the last attempt.

    The first rescue runs at once, for the lease was wait enough; a job that kills its worker again and
    again waits longer each time.
    """
    values = {
        "max_attempts": max_attempts,
        "backoff": retry_backoff.total_seconds(),
        "limit": max(retry_backoff, LONGEST_BACKOFF).total_seconds(),
    }
    return [
        Rescued(row.id, row.attempt, JobState(row.state), Origin(row.request_id, row.traceparent))
        for row in await session.execute(_RESCUE, values)
    ]


def _rescue() -> Select[Any]:
    max_attempts = bindparam("max_attempts", type_=Integer)
    ended = select(jobs.c.id).where(jobs.c.state == JobState.STARTED, jobs.c.lease_until < func.now())
    used_up = jobs.c.attempt >= max_attempts
    exponent = func.least(jobs.c.attempt - 1, 20)  # beyond it the product is over the limit anyway
    backoff, limit = (bindparam(name, type_=Float) for name in ("backoff", "limit"))
    seconds = func.least(backoff * (func.power(2, exponent) - 1), limit)
    run_at = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    reason = func.format(
        "attempt %s of %s ended without a word: its worker died or stalled", jobs.c.attempt, max_attempts
    )
    end = (
        update(jobs)
        .where(jobs.c.id.in_(unlocked(ended, BATCH, Duty.RING)))
        .values(
            state=case((used_up, JobState.FAILURE), else_=JobState.RETRY),
            finished_at=case((used_up, func.now()), else_=None),
            lease_until=None,
            run_at=run_at,
            ring_at=run_at,
            error=reason,
        )
    )
    kind = case((used_up, EventKind.FAILED), else_=EventKind.LEASE_ENDED)
    detail = case((used_up, reason), else_=func.format("%s; again in %s s", reason, seconds))
    return recorded(end, kind, detail, jobs.c.state, *ORIGIN)


_RESCUE = _rescue()


async def remove_results(session: AsyncConnection, *, older_than: timedelta) -> int:
    """Delete files in Postgres that have been kept long enough; their jobs stay, and say when it was.

    A file that several jobs share goes with the last of them.
    """
    old = and_(
        jobs.c.state == JobState.SUCCESS,
        jobs.c.removed_at.is_(None),
        or_(jobs.c.object_url.is_(None), jobs.c.result_of.is_not(None)),
        jobs.c.finished_at < func.now() - older_than,
        ~IS_SHARED,
    )
    removed = (
        update(jobs)
        .where(jobs.c.id.in_(_oldest(old)))
        .values(removed_at=func.now())
        .returning(jobs.c.id)
        .cte("removed")
    )
    bytes_too = delete(result_chunks).where(result_chunks.c.job_id.in_(select(removed.c.id)))
    statement = select(func.count()).select_from(removed).add_cte(bytes_too.cte("bytes_too"))
    return int((await session.execute(statement)).scalar_one())


async def forget_jobs(session: AsyncConnection, *, older_than: timedelta) -> int:
    """Delete jobs that ended long enough ago, with their events, and their files if they have them still.

    But not while a file is in S3, which nobody would know of any more, or is another job's too.
    """
    is_left = or_(jobs.c.object_url.is_(None), jobs.c.removed_at.is_not(None))
    old = and_(jobs.c.finished_at < func.now() - older_than, is_left, ~IS_SHARED)
    statement = delete(jobs).where(jobs.c.id.in_(_oldest(old))).returning(jobs.c.id)
    return len(list((await session.execute(statement)).scalars()))


def _oldest(due: ColumnElement[bool]) -> Select[tuple[UUID]]:
    """The jobs that ended first, as many as fit a batch by number and by what their files take here."""
    is_here = and_(jobs.c.removed_at.is_(None), jobs.c.object_url.is_(None), jobs.c.result_of.is_(None))
    size = case((is_here, func.coalesce(jobs.c.packed_bytes, jobs.c.bytes, 0)), else_=0).label("size")
    first = select(jobs.c.id, jobs.c.finished_at, size).where(due).order_by(jobs.c.finished_at, jobs.c.id)
    locked = unlocked(first, BATCH, Duty.EXPIRE).cte("locked")
    up_to = func.sum(locked.c.size).over(order_by=(locked.c.finished_at, locked.c.id)).label("up_to")
    summed = select(locked.c.id, locked.c.size, up_to).cte("summed")
    # The second condition is that of a file with nothing of any size before it: it goes however large it is.
    fits = or_(summed.c.up_to <= BATCH_BYTES, summed.c.up_to == summed.c.size)
    return select(summed.c.id).where(fits)
