"""Jobs that wait for the same calendar, and end with the file of the first one that is made.

No clock and no counter has a part in it. What a render reads, it reads from one snapshot; a job that is to be
seen in that was accepted before it was taken, and so was every change of todos that its client knew of.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, func, select, update
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
_WAITING = _SAME.where(jobs.c.version <= JOB_VERSION, jobs.c.id != bindparam("but", type_=Uuid)).limit(
    AT_ONCE
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


async def waiting(session: AsyncConnection, held: Claim) -> Sequence[UUID]:
    """Those that wait for the same file as the attempt makes, in the snapshot that it is made from."""
    if held.feed_id is not None or not held.options.can_be_shared:
        return []
    values = {"owner": held.owner, "same": held.options.to_json(), "but": held.job_id}
    return (await session.scalars(_WAITING, values)).all()


async def share(session: AsyncConnection, held: Claim, twins: Sequence[UUID]) -> int:
    """End those of the jobs that still wait with the file of an attempt; returns how many.

    For the transaction in which that has succeeded. A job that is locked is being claimed, cancelled or rung
    for at this moment, and is left to that.
    """
    if not twins:
        return 0
    shared = (await session.execute(_SHARE, {"twins": twins, "maker": held.job_id})).all()
    if len(twins) == AT_ONCE:
        await ring(session, held.owner, held.options)
    return len(shared)


async def ring(session: AsyncConnection, owner: OwnerId, options: CalendarOptions) -> None:
    """Have the next sweep send the message of one that still waits for the same file, if one does.

    For it may count on the message of another that has just ended: those that are accepted together have one.
    """
    if options.can_be_shared:
        await session.execute(_RING, {"owner": owner, "same": options.to_json()})
