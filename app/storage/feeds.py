"""Queries of feeds; what is revoked is there no more."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import CalendarOptions
from app.domain.feeds import Feed, FeedFile, FeedPlace
from app.domain.owners import OwnerId
from app.storage.schema import feed_files, feeds, todo_changes

_FEEDS_OF_ONE_OWNER = 0x6665656473
"""The first half of an advisory lock's key: "feeds" in ASCII."""

SECOND_LOOK = timedelta(minutes=1)
"""A todo that was being changed when its owner's first feed was made may not have seen that there is one: so
long after, no such change is under way any more, and the feed is made anew."""

_FETCHED_WITHIN = timedelta(minutes=1)
"""So exactly is it known when a feed was last fetched: not every look of an app has to write."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a feed's URL leads to."""

    feed: Feed
    file: FeedFile | None
    """None before the first render has ended."""
    has_changes: bool
    """Todos of its owner have changed, and no feed knows of it yet."""
    is_due: bool
    """It is to be made anew, and nobody has asked for that yet."""
    is_noted: bool
    """That it is fetched at this time is known already."""


async def add(
    session: AsyncConnection,
    owner: OwnerId,
    feed_id: UUID,
    options: CalendarOptions,
    token_hash: bytes,
    *,
    limit: int,
) -> Feed | None:
    """Store a feed, or return None if the owner has as many as are allowed."""
    # A statement sees what was committed before it began: the lock must be a statement of its own.
    key = func.hashtextextended(str(owner), _FEEDS_OF_ONE_OWNER)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    of_owner = select(func.count()).select_from(feeds).where(_of(owner))
    place = select(
        literal(feed_id),
        literal(owner),
        literal(options.to_json(), feeds.c.options.type),
        literal(token_hash),
        func.now() + SECOND_LOOK,
    ).where(of_owner.scalar_subquery() < limit)
    columns = ["id", "owner_id", "options", "token_hash", "due_at"]
    statement = insert(feeds).from_select(columns, place).returning(feeds)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _feed(row)


async def find(session: AsyncConnection, owner: OwnerId, feed_id: UUID) -> Feed | None:
    """The feed of that id, if the owner has one."""
    row = (await session.execute(select(feeds).where(_of(owner), feeds.c.id == feed_id))).one_or_none()
    return None if row is None else _feed(row)


async def page(
    session: AsyncConnection, owner: OwnerId, *, before: FeedPlace | None, limit: int
) -> list[Feed]:
    """The owner's feeds from ``before`` that place, newest first."""
    mine = _of(owner)
    if before is not None:
        mine &= tuple_(feeds.c.created_at, feeds.c.id) < (before.created_at, before.feed_id)
    statement = select(feeds).where(mine).order_by(feeds.c.created_at.desc(), feeds.c.id.desc()).limit(limit)
    return [_feed(row) for row in await session.execute(statement)]


async def find_by_token(session: AsyncConnection, token_hash: bytes) -> Found | None:
    """What the URL with this token leads to, if it leads anywhere."""
    latest = and_(feed_files.c.feed_id == feeds.c.id, feed_files.c.superseded_at.is_(None))
    statement = (
        select(
            feeds,
            *(column.label(f"file_{column.key}") for column in feed_files.c),
            exists().where(todo_changes.c.owner_id == feeds.c.owner_id).label("has_changes"),
            # NULL is not due, and infinity is due as soon as somebody asks.
            func.coalesce(or_(feeds.c.due_at <= func.now(), ~func.isfinite(feeds.c.due_at)), False).label(
                "is_due"
            ),
            func.coalesce(feeds.c.fetched_at > func.now() - _FETCHED_WITHIN, False).label("is_noted"),
        )
        .select_from(feeds.outerjoin(feed_files, latest))
        .where(feeds.c.token_hash == token_hash, feeds.c.revoked_at.is_(None))
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    file = None
    if row.file_id is not None:
        file = FeedFile(
            row.file_id, row.file_bytes, row.file_packed_bytes, row.file_digest, row.file_changed_at
        )
    return Found(_feed(row), file, row.has_changes, row.is_due, row.is_noted)


async def note_fetch(session: AsyncConnection, feed_id: UUID) -> None:
    """Remember that the feed is fetched now; whoever is changing it is not waited for."""
    free = select(feeds.c.id).where(feeds.c.id == feed_id).with_for_update(skip_locked=True, key_share=True)
    await session.execute(update(feeds).where(feeds.c.id.in_(free)).values(fetched_at=func.now()))


async def rotate(session: AsyncConnection, owner: OwnerId, feed_id: UUID, token_hash: bytes) -> Feed | None:
    """Give the feed another token, and none of its old one's power."""
    statement = (
        update(feeds)
        .where(_of(owner), feeds.c.id == feed_id)
        .values(token_hash=token_hash, rotated_at=func.now())
        .returning(feeds)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _feed(row)


async def revoke(session: AsyncConnection, owner: OwnerId, feed_id: UUID) -> Feed | None:
    """End the feed: from the commit on its URL leads nowhere, and the sweeper removes its files."""
    statement = (
        update(feeds).where(_of(owner), feeds.c.id == feed_id).values(revoked_at=func.now()).returning(feeds)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _feed(row)


def _of(owner: OwnerId) -> ColumnElement[bool]:
    return and_(feeds.c.owner_id == owner, feeds.c.revoked_at.is_(None))


def _feed(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        owner=row.owner_id,
        options=CalendarOptions.from_json(row.options),
        created_at=row.created_at,
        rotated_at=row.rotated_at,
        fetched_at=row.fetched_at,
        rendered_at=row.rendered_at,
    )
