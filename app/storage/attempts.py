"""The statements that every attempt runs, built once: putting one together costs more than running it."""

from typing import Any

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Integer,
    Interval,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    null,
    select,
    update,
)

from app.domain.events import EventKind
from app.domain.jobs import JOB_VERSION, JobState
from app.storage.database import commit_soon
from app.storage.events import recorded
from app.storage.schema import IS_WAITING, ORIGIN, jobs, todo_totals
from app.storage.twins import waiting_with_it

IS_HELD = and_(
    jobs.c.id == bindparam("held", type_=Uuid),
    jobs.c.attempt == bindparam("token", type_=Integer),
    jobs.c.state == JobState.STARTED,
)
"""The fence: the attempt is still the job's latest, and has not ended."""

_LEASE_END = func.now() + bindparam("lease", type_=Interval)


def _claim() -> Select[Any]:
    start = (
        update(jobs)
        .where(
            jobs.c.id == bindparam("claimed", type_=Uuid),
            IS_WAITING,
            jobs.c.run_at <= func.now(),
            # The message says so too, but an older release may have sent it without knowing better.
            jobs.c.version <= JOB_VERSION,
        )
        .values(
            state=JobState.STARTED,
            attempt=jobs.c.attempt + 1,
            lease_until=_LEASE_END,
            progress=0,
            started_at=func.coalesce(jobs.c.started_at, func.now()),
        )
    )
    owned = select(todo_totals.c.todos).where(todo_totals.c.owner_id == jobs.c.owner_id)
    answer = (
        jobs.c.owner_id,
        jobs.c.options,
        jobs.c.created_at,
        jobs.c.feed_id,
        *ORIGIN,
        waiting_with_it().label("twins"),
        owned.scalar_subquery().label("owned"),
    )
    return recorded(start, EventKind.CLAIMED, bindparam("worker", type_=Text), *answer)


def _succeed() -> Select[Any]:
    # Not now(): the transaction began with the first bytes of the file.
    ended = func.statement_timestamp()
    end = (
        update(jobs)
        .where(IS_HELD)
        .values(
            state=JobState.SUCCESS,
            lease_until=None,
            finished_at=ended,
            error=None,
            todos=bindparam("new_todos", type_=Integer),
            skipped=bindparam("new_skipped", type_=Integer),
            bytes=bindparam("new_bytes", type_=BigInteger),
            digest=bindparam("new_digest", type_=String),
            packed_bytes=bindparam("new_packed_bytes", type_=BigInteger),
            object_url=bindparam("new_object_url", type_=Text),
            # A feed's file is the feed's, and stays for as long as that serves it.
            removed_at=case((bindparam("of_feed", type_=Boolean), ended), else_=null()),
        )
    )
    # Nobody can rescue the job from here on.
    return recorded(end, EventKind.SUCCEEDED, bindparam("detail", type_=Text), commit_soon())


CLAIM = _claim()
EXTEND = (
    update(jobs)
    .where(IS_HELD)
    .values(lease_until=_LEASE_END, progress=bindparam("done", type_=REAL))
    .returning(jobs.c.id)
)
SUCCEED = _succeed()
