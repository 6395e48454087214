"""Todos that were deleted, for as long as feeds must say so."""

from collections.abc import AsyncIterator
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deadlines import DeadlineSpan
from app.domain.feeds import MAX_TOMBSTONES
from app.domain.todos import Tombstone
from app.storage.calendar_todos import Chosen
from app.storage.schema import feeds, todo_tombstones
from app.storage.todos import read_deadline, span_of

_READ_AHEAD = 500
"""How many rows are read ahead of the one that is handled: what bounds memory."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Which tombstones a feed shows."""

    feed_id: UUID
    chosen: Chosen
    _: KW_ONLY
    kept: timedelta
    """For how long after its deletion a todo is told of."""

    def condition(self) -> ColumnElement[bool]:
        """The same in SQL: nobody has ever seen in a feed what was deleted before it was made."""
        since = select(feeds.c.created_at).where(feeds.c.id == self.feed_id).scalar_subquery()
        meant = and_(
            self.chosen.condition(todo_tombstones),
            todo_tombstones.c.deleted_at > func.greatest(since, self.chosen.now - self.kept),
        )
        latest = select(todo_tombstones.c.id).where(meant).order_by(todo_tombstones.c.deleted_at.desc())
        return todo_tombstones.c.id.in_(latest.limit(MAX_TOMBSTONES))


async def deadline_span(session: AsyncConnection, deleted: Deleted) -> DeadlineSpan:
    """Between which deadlines the tombstones lie that ``stream`` yields."""
    return await span_of(session, todo_tombstones, deleted.condition())


async def stream(session: AsyncConnection, deleted: Deleted) -> AsyncIterator[list[Tombstone]]:
    """Batches of the tombstones that a feed shows, through a server-side cursor."""
    statement = select(todo_tombstones).where(deleted.condition()).order_by(todo_tombstones.c.id)
    result = await session.stream(statement, execution_options={"yield_per": _READ_AHEAD})
    async for rows in result.partitions():
        yield [_tombstone(row) for row in rows]


def _tombstone(row: Row[Any]) -> Tombstone:
    return Tombstone(row.uid, row.title, read_deadline(row), row.sequence, row.created_at, row.deleted_at)
