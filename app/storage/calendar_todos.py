"""What a calendar is made of, read page by page in id order."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Table,
    Uuid,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deadlines import DeadlineSpan
from app.domain.owners import OwnerId
from app.domain.todos import Todo, TodoFilter
from app.storage.schema import todo_totals, todos
from app.storage.todos import COLUMNS, matches, read_todo, span_of

_EMPTY = literal(b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which todos a calendar shows."""

    owner: OwnerId
    wanted: TodoFilter
    timezone: str
    now: datetime
    """What the window counts from."""

    def condition(self, table: Table = todos) -> ColumnElement[bool]:
        """The same in SQL, of this table or of one with the same columns."""
        # As a literal, and so are limits: a plan that is kept for any owner, and for pages of any length, is
        # made for the average of them, and may read everybody's todos to find those of one owner.
        owner = literal(self.owner, literal_execute=True)
        return matches(table, owner, self.wanted, self.timezone, self.now)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the todos, as they stand in the file."""

    lines: bytes
    todos: int
    skipped: int
    """How many of the todos have no lines, for want of a deadline."""
    last: int
    """The id of the last todo; 0 where there is none."""
    more: bool
    """Whether there may be todos behind it."""


async def total(session: AsyncConnection, chosen: Chosen) -> int:
    """How many todos there are in all."""
    statement = select(todo_totals.c.todos).where(todo_totals.c.owner_id == chosen.owner)
    if chosen.wanted != TodoFilter():
        statement = select(func.count()).where(chosen.condition())
    return (await session.execute(statement)).scalar_one_or_none() or 0


async def span(session: AsyncConnection, chosen: Chosen) -> DeadlineSpan:
    """Between which deadlines the todos lie."""
    return await span_of(session, todos, chosen.condition())


async def rows(session: AsyncConnection, chosen: Chosen, *, after: int, limit: int) -> list[Todo]:
    """The first todos with an id above ``after``."""
    found = await session.execute(_page(chosen.condition(), after, limit, *COLUMNS))
    return [read_todo(row) for row in found]


async def events(session: AsyncConnection, chosen: Chosen, *, after: int, limit: int) -> Page | None:
    """The same todos as events that a trigger keeps beside each; None where that of one is not stored."""
    statement = _events(chosen.wanted, chosen.timezone, limit)
    values = {"owner": chosen.owner, "now": chosen.now, "after": after}
    stored, read, without, last, text = (await session.execute(statement, values)).one()
    return Page(text or b"", read, without, last or 0, more=read == limit) if stored == read else None


@lru_cache(maxsize=64)
def _events(wanted: TodoFilter, timezone: str, limit: int) -> Select[Any]:
    # Once for each kind of calendar: putting it together takes as long as all else about a short one.
    owner = bindparam("owner", type_=Uuid, literal_execute=True)
    which = matches(todos, owner, wanted, timezone, bindparam("now", type_=DateTime(timezone=True)))
    page = _page(which, bindparam("after", type_=BigInteger), limit, todos.c.id, todos.c.vevent).subquery()
    lines = func.string_agg(page.c.vevent, aggregate_order_by(_EMPTY, page.c.id))
    skipped = func.count().filter(page.c.vevent == _EMPTY)
    return select(func.count(page.c.vevent), func.count(), skipped, func.max(page.c.id), lines)


def _page(
    which: ColumnElement[bool], after: int | ColumnElement[int], limit: int, *columns: ColumnElement[Any]
) -> Select[Any]:
    statement = select(*columns).where(which, todos.c.id > after).order_by(todos.c.id)
    return statement.limit(literal_column(str(limit)))
