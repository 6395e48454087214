"""Queries of jobs. Every change of state is one conditional statement, on the database's clock."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import CalendarOptions
from app.domain.events import EventKind
from app.domain.jobs import (
    CALENDAR_VERSION,
    OPEN,
    Claim,
    Counts,
    Job,
    JobPlace,
    JobState,
)
from app.domain.objects import S3Place
from app.domain.origins import NOBODY, Origin
from app.domain.owners import OwnerId
from app.storage.attempts import CLAIM, EXTEND, IS_HELD, SUCCEED
from app.storage.events import recorded
from app.storage.job_rows import read_job
from app.storage.schema import IS_OPEN, jobs


async def add(
    session: AsyncConnection,
    owner: OwnerId,
    job_id: UUID,
    options: CalendarOptions,
    *,
    resend_after: timedelta,
    key: str | None = None,
    origin: Origin = NOBODY,
) -> bool:
    """Store a job that waits; from here on it is accepted, whatever becomes of its message.

    False if another of the owner's jobs has the key. One that is being stored with it at this moment is
    waited for: whether the key is taken is known only once it is committed or rolled back.
    """
    statement = (
        insert(jobs)
        .values(
            id=job_id,
            owner_id=owner,
            options=options.to_json(),
            version=CALENDAR_VERSION,
            ring_at=func.now() + resend_after,
            idempotency_key=key,
            request_id=origin.request_id,
            traceparent=origin.traceparent,
        )
        .on_conflict_do_nothing(
            index_elements=[jobs.c.owner_id, jobs.c.idempotency_key],
            index_where=jobs.c.idempotency_key.is_not(None),
        )
        .returning(jobs.c.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def count_open(session: AsyncConnection, owner: OwnerId, *, limit: int) -> int:
    """How many of the owner's jobs have not ended; ``limit`` where there are more, which nobody asks."""
    some = select(literal(1)).where(jobs.c.owner_id == owner, IS_OPEN).limit(limit).subquery()
    return (await session.execute(select(func.count()).select_from(some))).scalar_one()


async def find(session: AsyncConnection, owner: OwnerId, job_id: UUID) -> Job | None:
    """The job of that id, if the owner has asked for it."""
    statement = select(jobs).where(_asked_for(owner), jobs.c.id == job_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else read_job(row)


async def page(
    session: AsyncConnection,
    owner: OwnerId,
    *,
    states: Sequence[JobState],
    before: JobPlace | None,
    limit: int,
) -> list[Job]:
    """The owner's jobs from ``before`` that place, newest first, in these states or, if none is given, any.

    Places never change, so a job that is added meanwhile moves no other one to another page.
    """
    mine = _asked_for(owner)
    if before is not None:
        mine &= tuple_(jobs.c.created_at, jobs.c.id) < (before.created_at, before.job_id)
    if states:
        statement = _newest_of_some(_newest(mine & (jobs.c.state == state), limit) for state in set(states))
        statement = statement.limit(limit)
    else:
        statement = _newest(mine, limit)
    return [read_job(row) for row in await session.execute(statement)]


def _asked_for(owner: OwnerId) -> ColumnElement[bool]:
    """Those that render a feed nobody has asked for, and nobody needs to know of."""
    return and_(jobs.c.owner_id == owner, jobs.c.feed_id.is_(None))


def _newest(which: ColumnElement[bool], limit: int) -> Select[*tuple[Any, ...]]:
    return select(jobs).where(which).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)


def _newest_of_some(each: Iterable[Select[*tuple[Any, ...]]]) -> Select[*tuple[Any, ...]]:
    """The rows of all, newest first: of a rare state too the index is read, and not the owner's history."""
    found = union_all(*(select(part.subquery()) for part in each)).subquery()
    return select(found).order_by(found.c.created_at.desc(), found.c.id.desc())


async def cancel(session: AsyncConnection, owner: OwnerId, job_id: UUID) -> bool:
    """End the owner's job, if it has not ended."""
    return await revoke(session, and_(_asked_for(owner), jobs.c.id == job_id), "by its client")


async def revoke(session: AsyncConnection, which: ColumnElement[bool], detail: str | None) -> bool:
    """End the one job that is meant; False if it has ended, or is not there.

    The attempt that may be running holds the job no longer: its result is refused from here on, and its next
    heartbeat tells it to stop. If the result comes first, it is this that is refused.
    """
    end = (
        update(jobs)
        .where(which, jobs.c.state.in_(OPEN))
        .values(state=JobState.REVOKED, finished_at=func.now(), lease_until=None)
    )
    statement = recorded(end, EventKind.CANCELLED, detail)
    return (await session.execute(statement)).one_or_none() is not None


async def claim(
    session: AsyncConnection, job_id: UUID, *, lease: timedelta, worker: str | None = None
) -> Claim | None:
    """Start the next attempt of a job, or return None if nothing is to be done.

    A message may arrive twice, early, or after the job ended. Raising ``attempt`` voids what an earlier
    holder may still write. A job that takes a newer worker stays as it is, with all its attempts.
    """
    values = {"claimed": job_id, "lease": lease, "worker": worker}
    row = (await session.execute(CLAIM, values)).one_or_none()
    if row is None:
        return None
    options = CalendarOptions.from_json(row.options)
    return Claim(
        job_id,
        row.owner_id,
        options,
        row.attempt,
        row.created_at,
        row.feed_id,
        Origin(row.request_id, row.traceparent),
        owned=row.owned or 0,
        twins=row.twins or () if row.feed_id is None and options.can_be_shared else (),
    )


async def heartbeat(session: AsyncConnection, held: Claim, *, lease: timedelta) -> bool:
    """Extend the lease and tell how far it is; False if the attempt is not the job's latest and must stop."""
    values = {**_token(held), "lease": lease, "done": held.progress.fraction}
    return (await session.execute(EXTEND, values)).one_or_none() is not None


async def has_succeeded(session: AsyncConnection, held: Claim) -> bool:
    """Whether the job has ended with this attempt's result."""
    mine = and_(jobs.c.id == held.job_id, jobs.c.attempt == held.attempt, jobs.c.state == JobState.SUCCESS)
    # It may have ended with that of another job, while it waited for its next attempt.
    statement = select(jobs.c.id).where(mine, jobs.c.result_of.is_(None))
    return (await session.execute(statement)).one_or_none() is not None


async def succeed(
    session: AsyncConnection,
    held: Claim,
    counts: Counts,
    digest: str,
    *,
    packed_bytes: int | None = None,
    object_at: S3Place | None = None,
) -> bool:
    """End the job with its result; False if another attempt has taken over since, or an operator."""
    values = {
        **_token(held),
        "detail": f"todos: {counts.todos}, bytes: {counts.bytes}",
        "of_feed": held.feed_id is not None,
        "new_todos": counts.todos,
        "new_skipped": counts.skipped,
        "new_bytes": counts.bytes,
        "new_digest": digest,
        "new_packed_bytes": packed_bytes,
        "new_object_url": None if object_at is None else str(object_at),
    }
    return (await session.execute(SUCCEED, values)).one_or_none() is not None


async def retry(session: AsyncConnection, held: Claim, error: str, *, after: timedelta) -> bool:
    """Let the job wait for its next attempt; the sweeper sends its message when the time has come."""
    run_at = func.now() + after
    detail = f"{error}; again in {after.total_seconds():g} s"
    return await _end_attempt(
        session,
        held,
        EventKind.RETRY,
        detail,
        state=JobState.RETRY,
        run_at=run_at,
        ring_at=run_at,
        error=error,
    )


async def give_back(session: AsyncConnection, held: Claim, error: str) -> bool:
    """Let another worker take the job at once, since this one has to stop."""
    now = func.now()
    return await _end_attempt(
        session, held, EventKind.GIVEN_BACK, error, state=JobState.RETRY, run_at=now, ring_at=now, error=error
    )


async def fail(session: AsyncConnection, held: Claim, error: str) -> bool:
    """End the job without a result."""
    return await _end_attempt(
        session, held, EventKind.FAILED, error, state=JobState.FAILURE, finished_at=func.now(), error=error
    )


async def _end_attempt(
    session: AsyncConnection,
    held: Claim,
    kind: EventKind,
    detail: str,
    **values: object,
) -> bool:
    """Write what an attempt has to say at its end, if it is still the latest: the fence."""
    end = update(jobs).where(IS_HELD).values(lease_until=None, **values)
    statement = recorded(end, kind, detail)
    return (await session.execute(statement, _token(held))).one_or_none() is not None


def _token(held: Claim) -> dict[str, Any]:
    """What ``IS_HELD`` compares with."""
    return {"held": held.job_id, "token": held.attempt}
