"""When feeds are made anew: what changed is noted, what is due is asked for, and both in bounded batches.

APIs and sweepers may do all this at once: a change is noted by one of them, and a feed whose render is under
way gets no second one. The statements of sweepers, which run every second, are built once: putting one
together costs more than running it.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Select,
    SmallInteger,
    String,
    Update,
    Uuid,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from app.domain.feeds import REFRESH, FeedPacing
from app.domain.jobs import FEED_VERSION, JobState
from app.domain.origins import NOBODY, Origin
from app.domain.owners import OwnerId
from app.storage.duties import Duty, unlocked
from app.storage.feeds import SECOND_LOOK
from app.storage.jobs import revoke
from app.storage.schema import IS_OPEN_RENDER, feeds, jobs, todo_changes

_NOTED_AT_ONCE = 5000

MOST_OPEN = 200
"""How many renders the sweeper lets be under way: calendars that somebody waits for share the workers."""

_FEED = bindparam("feed", type_=Uuid)
_DISTANCE = bindparam("distance", type_=Interval)
_NEVER = literal_column("'infinity'::timestamptz", DateTime(timezone=True))


async def note_changes(session: AsyncConnection, pacing: FeedPacing, owner: OwnerId | None = None) -> None:
    """Have feeds be due whose todos have changed: those of one owner, or of any.

    What is noted here is committed, and so any render that is asked for later sees it. What others are just
    noting is left to them.
    """
    values = {"distance": pacing.distance}
    if owner is None:
        await session.execute(_NOTE_ALL, values)
    else:
        await session.execute(_NOTE_OF_ONE, {"owner": owner, **values})


def _note(of_whom: ColumnElement[bool]) -> Update:
    changes = select(todo_changes.c.id).where(of_whom).order_by(todo_changes.c.id).limit(_NOTED_AT_ONCE)
    noted = (
        delete(todo_changes)
        .where(todo_changes.c.id.in_(changes.with_for_update(skip_locked=True)))
        .returning(todo_changes.c.owner_id)
        .cte("noted")
    )
    soon = func.greatest(func.now(), feeds.c.asked_at + _DISTANCE)
    later = or_(feeds.c.due_at.is_(None), and_(feeds.c.due_at > soon, func.isfinite(feeds.c.due_at)))
    of_owners = feeds.c.owner_id.in_(select(noted.c.owner_id))
    changed = select(feeds.c.id).where(of_owners, feeds.c.revoked_at.is_(None), later)
    # In one order, so that two who note changes of one owner can't wait for each other.
    held = changed.order_by(feeds.c.id).with_for_update(key_share=True).cte("held")
    return update(feeds).where(feeds.c.id.in_(select(held.c.id))).values(due_at=soon)


async def ask_first(
    session: AsyncConnection, feed_id: UUID, *, resend_after: timedelta, origin: Origin = NOBODY
) -> UUID:
    """The job that renders a new feed."""
    values = {"feed": feed_id, **_of_job(resend_after, origin)}
    made: UUID = (await session.execute(_ASK_FIRST, values)).scalar_one()
    return made


async def ask_one(
    session: AsyncConnection,
    feed_id: UUID,
    pacing: FeedPacing,
    *,
    resend_after: timedelta,
    origin: Origin = NOBODY,
) -> UUID | None:
    """The job that renders a feed which somebody fetches, if one is due and none is under way."""
    values = {"feed": feed_id, "distance": pacing.distance, **_of_job(resend_after, origin)}
    job_id: UUID | None = (await session.execute(_ASK_ONE, values)).scalar_one_or_none()
    return job_id


async def ask_due(session: AsyncConnection, pacing: FeedPacing, *, resend_after: timedelta) -> list[UUID]:
    """The jobs that render feeds which are due, those longest overdue first.

    A feed that nobody has fetched for long is not made anew, but due as soon as somebody fetches it.
    """
    paced = {"most_open": MOST_OPEN, "distance": pacing.distance, "idle_after": pacing.idle_after}
    asked = await session.scalars(_ASK_DUE, {**paced, **_of_job(resend_after, NOBODY)})
    return [job_id for job_id in asked if job_id is not None]


async def under_way(session: AsyncConnection, feed_id: UUID) -> UUID | None:
    """The job that renders the feed now."""
    statement = select(jobs.c.id).where(jobs.c.feed_id == feed_id, IS_OPEN_RENDER)
    job_id: UUID | None = (await session.execute(statement)).scalar_one_or_none()
    return job_id


async def failures(session: AsyncConnection, feed_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Those of these feeds whose latest render has failed, and why; for as long as renders are remembered."""
    ended = select(jobs.c.feed_id, jobs.c.state, jobs.c.error).ext(distinct_on(jobs.c.feed_id))
    ended = ended.where(jobs.c.feed_id.in_(feed_ids), jobs.c.finished_at.is_not(None))
    ended = ended.order_by(jobs.c.feed_id, jobs.c.finished_at.desc())
    return {row.feed_id: row.error for row in await session.execute(ended) if row.state == JobState.FAILURE}


async def cancel(session: AsyncConnection, feed_id: UUID) -> bool:
    """End the render of a feed that is under way, if one is."""
    return await revoke(session, and_(jobs.c.feed_id == feed_id, IS_OPEN_RENDER), "its feed was revoked")


def _alive(is_read: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return select(feeds, is_read.label("is_read")).where(feeds.c.revoked_at.is_(None))


def _ask(due: Select[*tuple[Any, ...]]) -> ReturningUpdate[UUID | None]:
    some = due.cte("due")
    read = select(some).where(some.c.is_read).cte("read")
    made = _jobs_for(read)
    outcome = (
        select(some.c.id, some.c.created_at, some.c.is_read, made.c.id.label("job_id"))
        .select_from(some.outerjoin(made, made.c.feed_id == some.c.id))
        .cte("outcome")
    )
    is_asked = outcome.c.job_id.is_not(None)
    due_at = case(
        (and_(is_asked, outcome.c.created_at > func.now() - SECOND_LOOK), outcome.c.created_at + SECOND_LOOK),
        # Should the render fail; if it succeeds, nothing is due until a todo changes.
        (is_asked, func.now() + REFRESH),
        # The render under way may have begun before the change.
        (outcome.c.is_read, func.now() + _DISTANCE),
        else_=_NEVER,
    )
    return (
        update(feeds)
        .where(feeds.c.id == outcome.c.id)
        .values(asked_at=case((is_asked, func.now()), else_=feeds.c.asked_at), due_at=due_at)
        .returning(outcome.c.job_id)
    )


def _jobs_for(some: CTE) -> CTE:
    """Stores a job for each of these feeds whose render is not under way; its id and its feed's."""
    columns = ["id", "owner_id", "options", "version", "feed_id", "ring_at", "request_id", "traceparent"]
    rows = select(
        func.gen_random_uuid(),
        some.c.owner_id,
        some.c.options,
        literal(FEED_VERSION, SmallInteger),
        some.c.id,
        func.now() + bindparam("resend_after", type_=Interval),
        bindparam("asked_by", type_=String),
        bindparam("traced_as", type_=String),
    )
    stored = insert(jobs).from_select(columns, rows)
    stored = stored.on_conflict_do_nothing(index_elements=[jobs.c.feed_id], index_where=IS_OPEN_RENDER)
    return stored.returning(jobs.c.id, jobs.c.feed_id).cte("made")


def _of_job(resend_after: timedelta, origin: Origin) -> dict[str, object]:
    return {"resend_after": resend_after, "asked_by": origin.request_id, "traced_as": origin.traceparent}


def _ask_one() -> ReturningUpdate[UUID | None]:
    due = or_(feeds.c.due_at <= func.now(), ~func.isfinite(feeds.c.due_at))
    this = _alive(true()).where(feeds.c.id == _FEED, due)
    return _ask(this.with_for_update(skip_locked=True, key_share=True))


def _ask_due() -> ReturningUpdate[UUID | None]:
    most = bindparam("most_open", type_=Integer)
    under_way = select(literal(1)).select_from(jobs).where(IS_OPEN_RENDER).limit(most).subquery()
    room = most - select(func.count()).select_from(under_way).scalar_subquery()
    used_at = func.greatest(feeds.c.created_at, feeds.c.fetched_at)
    due = _alive(used_at > func.now() - bindparam("idle_after", type_=Interval))
    due = due.where(feeds.c.due_at <= func.now()).order_by(feeds.c.due_at)
    return _ask(unlocked(due, room, Duty.RENDER_FEEDS))


_NOTE_ALL = _note(true())
_NOTE_OF_ONE = _note(todo_changes.c.owner_id == bindparam("owner", type_=Uuid))
_ASK_FIRST = select(_jobs_for(select(feeds).where(feeds.c.id == _FEED).cte("new")).c.id)
_ASK_ONE = _ask_one()
_ASK_DUE = _ask_due()
