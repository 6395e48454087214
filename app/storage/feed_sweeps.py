"""What goes when feeds no longer need it; each call is one statement on a bounded batch, so no lock lasts.

They run every second, and are built once: putting one together costs more than running it.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Delete, Interval, Update, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningDelete

from app.storage.duties import Duty, unlocked
from app.storage.schema import feed_files, feeds, jobs, todo_tombstones
from app.storage.sweeps import BATCH, BATCH_BYTES

READ_ON = timedelta(minutes=5)
"""For how long a file that was superseded, or whose feed was revoked, can be read on by who began before."""

REMEMBERED = timedelta(hours=1)
"""For how long a render that has ended is remembered: there may be many more of them than of calendars."""


async def remove_files(session: AsyncConnection) -> int:
    """Delete files that have been superseded for long enough, as many as fit a batch by number and size."""
    return len((await session.scalars(_REMOVE_FILES)).all())


async def give_up_files(session: AsyncConnection) -> None:
    """Take the files of feeds that were revoked for superseded, as they have been since then."""
    await session.execute(_GIVE_UP_FILES)


async def forget_feeds(session: AsyncConnection) -> None:
    """Delete feeds that were revoked, once their files are gone."""
    await session.execute(_FORGET_FEEDS)


async def forget_tombstones(session: AsyncConnection, *, older_than: timedelta) -> None:
    """Delete what has been told of for long enough."""
    await session.execute(_FORGET_TOMBSTONES, {"older_than": older_than})


async def forget_renders(session: AsyncConnection) -> None:
    """Delete jobs that rendered a feed and ended long enough ago."""
    await session.execute(_FORGET_RENDERS)


def _remove_files() -> ReturningDelete[UUID]:
    size = func.coalesce(feed_files.c.packed_bytes, feed_files.c.bytes).label("size")
    old = select(feed_files.c.id, feed_files.c.superseded_at, size)
    old = old.where(feed_files.c.superseded_at < func.now() - READ_ON).order_by(feed_files.c.superseded_at)
    some = unlocked(old, BATCH, Duty.EXPIRE).cte("some")
    up_to = func.sum(some.c.size).over(order_by=(some.c.superseded_at, some.c.id)).label("up_to")
    summed = select(some.c.id, some.c.size, up_to).cte("summed")
    # The first one goes however large it is.
    fits = or_(summed.c.up_to <= BATCH_BYTES, summed.c.up_to == summed.c.size)
    which = feed_files.c.id.in_(select(summed.c.id).where(fits))
    return delete(feed_files).where(which).returning(feed_files.c.id)


def _give_up_files() -> Update:
    revoked = select(feed_files.c.id, feeds.c.revoked_at).join(feeds, feeds.c.id == feed_files.c.feed_id)
    revoked = revoked.where(feeds.c.revoked_at.is_not(None), feed_files.c.superseded_at.is_(None))
    some = revoked.limit(BATCH).cte("some")
    return update(feed_files).where(feed_files.c.id == some.c.id).values(superseded_at=some.c.revoked_at)


def _forget_feeds() -> Delete:
    has_files = exists().where(feed_files.c.feed_id == feeds.c.id)
    revoked = select(feeds.c.id).where(feeds.c.revoked_at < func.now() - READ_ON, ~has_files)
    return delete(feeds).where(feeds.c.id.in_(unlocked(revoked, BATCH, Duty.EXPIRE)))


def _forget_tombstones() -> Delete:
    since = func.now() - bindparam("older_than", type_=Interval)
    old = select(todo_tombstones.c.id).where(todo_tombstones.c.deleted_at < since)
    some = unlocked(old.order_by(todo_tombstones.c.deleted_at), BATCH, Duty.EXPIRE)
    return delete(todo_tombstones).where(todo_tombstones.c.id.in_(some))


def _forget_renders() -> Delete:
    old = select(jobs.c.id).where(jobs.c.feed_id.is_not(None), jobs.c.finished_at < func.now() - REMEMBERED)
    some = unlocked(old.order_by(jobs.c.finished_at), BATCH, Duty.EXPIRE)
    return delete(jobs).where(jobs.c.id.in_(some))


_REMOVE_FILES = _remove_files()
_GIVE_UP_FILES = _give_up_files()
_FORGET_FEEDS = _forget_feeds()
_FORGET_TOMBSTONES = _forget_tombstones()
_FORGET_RENDERS = _forget_renders()
