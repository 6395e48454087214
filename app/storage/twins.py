"""Jobs that wait for the same calendar, and end with the file of the first one that is made.

No clock and no counter has a part in it. The claim that begins a render tells which jobs wait for the same
file; each was accepted before that, and so was every change of todos that its client knew of. The todos are
read afterwards.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import CalendarOptions
from app.domain.events import EventKind
from app.domain.jobs import JOB_VERSION, Claim, JobState
from app.domain.owners import OwnerId
from app.storage.events import recorded
from app.storage.schema import IS_TWIN, IS_WAITING, jobs

AT_ONCE = 1000
"""How many end with one file at most: they are locked while that is committed."""

_SAME = select(jobs.c.id).where(
    IS_TWIN,
    jobs.c.owner_id == bindparam("owner", type_=Uuid),
    jobs.c.options == bindparam("same", type_=JSONB),
)
# Only those that were never claimed have no message; the others' come when their backoff is over.
_UNHEARD = _SAME.where(jobs.c.state == JobState.PENDING, jobs.c.version <= JOB_VERSION).limit(1)
_RING = (
    update(jobs)
    .where(jobs.c.id == _UNHEARD.with_for_update(skip_locked=True, key_share=True).scalar_subquery())
    .values(ring_at=func.now())
)


def _share() -> Select[Any]:
    maker, now = jobs.alias("maker"), func.statement_timestamp()
    copied = ("todos", "skipped", "bytes", "digest", "packed_bytes", "object_url")
    still = select(jobs.c.id).where(jobs.c.id == func.any(bindparam("twins", type_=ARRAY(Uuid))), IS_WAITING)
    made = (maker.c.id == bindparam("maker", type_=Uuid), maker.c.owner_id == jobs.c.owner_id)
    end = (
        update(jobs)
        .where(jobs.c.id.in_(still.with_for_update(skip_locked=True, key_share=True)), *made)
        .values(
            state=JobState.SUCCESS,
            started_at=func.coalesce(jobs.c.started_at, now),
            finished_at=now,
            error=None,
            result_of=maker.c.id,
            result_attempt=maker.c.attempt,
            **{name: maker.c[name] for name in copied},
        )
    )
    detail = func.format("todos: %s, bytes: %s; made for task %s", maker.c.todos, maker.c.bytes, maker.c.id)
    return recorded(end, EventKind.SUCCEEDED, detail)


_SHARE = _share()


def waiting_with_it() -> ColumnElement[Any]:
    """In a statement about one job: those that wait for the same file; NULL where there are none."""
    twin = jobs.alias("twin")
    others = and_(twin.c.owner_id == jobs.c.owner_id, twin.c.id != jobs.c.id, twin.c.version <= JOB_VERSION)
    # Between the same and the same, in an order that they all share: where many jobs wait with equal options,
    # Postgres would else think that any page of the table has some, and read it all for a job that has none.
    same = twin.c.options.between(jobs.c.options, jobs.c.options)
    found = select(twin.c.id).where(IS_TWIN, others, same).order_by(twin.c.options).limit(AT_ONCE)
    return select(func.array_agg(found.correlate(jobs).subquery().c.id)).scalar_subquery()


async def share(session: AsyncConnection, held: Claim) -> int:
    """End with the file of an attempt those of its job's twins that still wait; returns how many.

    For the transaction in which that has succeeded. A job that is locked is being claimed, cancelled or rung
    for at this moment, and is left to that.
    """
    if not held.twins:
        return 0
    shared = (await session.execute(_SHARE, {"twins": held.twins, "maker": held.job_id})).all()
    if len(held.twins) == AT_ONCE:
        await ring(session, held.owner, held.options)
    return len(shared)


async def ring(session: AsyncConnection, owner: OwnerId, options: CalendarOptions) -> None:
    """Have the next sweep send the message of one that still waits for the same file, if one does.

    For it may count on the message of another that has just ended: those that are accepted together have one.
    """
    if options.can_be_shared:
        await session.execute(_RING, {"owner": owner, "same": options.to_json()})
