"""Queries of todos; every one takes the owner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deadlines import Deadline, DeadlineSpan, Floating, Instant
from app.domain.owners import OwnerId
from app.domain.todos import NewTodo, Todo, TodoChanges, TodoFilter
from app.storage.schema import todo_totals, todos

COLUMNS = (
    todos.c.id,
    todos.c.owner_id,
    todos.c.uid,
    todos.c.title,
    todos.c.description,
    todos.c.completed,
    todos.c.completed_at,
    todos.c.deadline_local,
    todos.c.deadline_at,
    todos.c.sequence,
    todos.c.created_at,
    todos.c.updated_at,
)
"""What ``read_todo`` reads, in its order."""


async def add(session: AsyncConnection, owner: OwnerId, new: NewTodo, *, limit: int) -> Todo | None:
    """Store a todo, or return None if the owner has as many as are allowed.

    The owner's total is locked first, and made where there is none yet: of two that ask for the last place
    the second waits, and then sees what the first one left. The table's triggers do the counting.
    """
    values = {
        "owner_id": owner,
        "limit": limit,
        "title": new.title,
        "description": new.description,
        "completed": new.completed,
        **_deadline_columns(new.deadline),
    }
    row = (await session.execute(_ADD, values)).one_or_none()
    return None if row is None else read_todo(row)


def _add() -> Executable:
    total = insert(todo_totals).values(owner_id=bindparam("owner_id"), todos=0)
    room = (
        total.on_conflict_do_update(
            index_elements=[todo_totals.c.owner_id],
            set_={"todos": todo_totals.c.todos},
            where=todo_totals.c.todos < bindparam("limit"),
        )
        .returning(todo_totals.c.owner_id)
        .cte("room")
    )
    given: dict[str, ColumnElement[Any]] = {
        name: cast(bindparam(name), todos.c[name].type)
        for name in ("title", "description", "completed", "deadline_local", "deadline_at")
    }
    given["completed_at"] = case((given["completed"], func.now()))
    place = select(room.c.owner_id, *given.values())
    return insert(todos).from_select(["owner_id", *given], place).returning(*COLUMNS)


_ADD = _add()
"""Made once: to make it anew for each todo took a third of a POST's time."""


async def find(session: AsyncConnection, owner: OwnerId, todo_id: int) -> Todo | None:
    """The todo of that id, if the owner has one."""
    row = (await session.execute(select(*COLUMNS).where(_is(owner, todo_id)))).one_or_none()
    return None if row is None else read_todo(row)


async def change(session: AsyncConnection, owner: OwnerId, todo_id: int, changes: TodoChanges) -> Todo | None:
    """Set what is given, and return the todo as it is now.

    ``sequence`` goes up only if title or deadline differ from what was stored, and ``updated_at`` moves
    only if anything does: a repeated request leaves calendars as they are.
    """
    values: dict[str, Any] = {k: v for k, v in changes.items() if k != "deadline"}
    if "deadline" in changes:
        values |= _deadline_columns(changes["deadline"])
    if not values:
        return await find(session, owner, todo_id)
    announced = [todos.c[k].is_distinct_from(v) for k, v in values.items() if k in _ANNOUNCED]
    changed = or_(*(todos.c[k].is_distinct_from(v) for k, v in values.items()))
    if "completed" in values:
        values["completed_at"] = (
            func.coalesce(todos.c.completed_at, func.now()) if values["completed"] else None
        )
    if announced:
        values["sequence"] = todos.c.sequence + case((or_(*announced), 1), else_=0)
    values["updated_at"] = case((changed, func.now()), else_=todos.c.updated_at)
    statement = update(todos).where(_is(owner, todo_id)).values(values).returning(*COLUMNS)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else read_todo(row)


_ANNOUNCED = {"title", "deadline_local", "deadline_at"}
"""What calendar apps must be told of by a higher SEQUENCE."""


async def remove(session: AsyncConnection, owner: OwnerId, todo_id: int) -> Todo | None:
    """Delete the todo and return what it was, or None if there is none."""
    row = (await session.execute(delete(todos).where(_is(owner, todo_id)).returning(*COLUMNS))).one_or_none()
    return None if row is None else read_todo(row)


async def page(
    session: AsyncConnection,
    owner: OwnerId,
    wanted: TodoFilter,
    *,
    timezone: str,
    after: int,
    limit: int,
) -> list[Todo]:
    """The owner's todos with an id above ``after``, oldest id first."""
    statement = (
        select(*COLUMNS)
        .where(matches(todos, owner, wanted, timezone, func.now()), todos.c.id > after)
        .order_by(todos.c.id)
        .limit(limit)
    )
    return [read_todo(row) for row in await session.execute(statement)]


async def span_of(session: AsyncConnection, table: Table, which: ColumnElement[bool]) -> DeadlineSpan:
    """Between which deadlines some rows lie, of this table or of one with the same columns."""
    local, moment = table.c.deadline_local, table.c.deadline_at
    statement = select(func.min(local), func.max(local), func.min(moment), func.max(moment))
    return DeadlineSpan(*(await session.execute(statement.where(which))).one())


def _is(owner: OwnerId, todo_id: int) -> ColumnElement[bool]:
    return and_(todos.c.owner_id == owner, todos.c.id == todo_id)


def matches(
    table: Table,
    owner: OwnerId | ColumnElement[OwnerId],
    wanted: TodoFilter,
    timezone: str,
    now: datetime | ColumnElement[datetime],
) -> ColumnElement[bool]:
    """Which rows are meant, of this table or of one with the same columns."""
    conditions = [table.c.owner_id == owner]
    if wanted.completed is not None:
        conditions.append(table.c.completed.is_(wanted.completed))
    if wanted.window is not None:
        moment = now + timedelta(days=wanted.window)
        conditions.append(
            or_(table.c.deadline_at <= moment, table.c.deadline_local <= func.timezone(timezone, moment))
        )
    if wanted.text is not None:
        text = _folded(literal(wanted.text))
        conditions.append(
            or_(*(func.strpos(_folded(table.c[name]), text) > 0 for name in ("title", "description")))
        )
    return and_(*conditions)


def _folded(text: ColumnElement[Any]) -> ColumnElement[str]:
    # The database's own rules may know the case of ASCII alone; and of the two cases only the upper one
    # makes the Greek sigmas, of which there are two small ones, equal.
    return func.upper(text.collate("pg_c_utf8"))


def _deadline_columns(deadline: Deadline | None) -> dict[str, datetime | None]:
    return {
        "deadline_local": deadline.local if isinstance(deadline, Floating) else None,
        "deadline_at": deadline.moment if isinstance(deadline, Instant) else None,
    }


def read_deadline(row: Row[Any]) -> Deadline | None:
    """The deadline in a row."""
    return _deadline(row.deadline_local, row.deadline_at)


def read_todo(row: Sequence[Any]) -> Todo:
    """The todo in a row of ``COLUMNS``."""
    # By place: to look for names took nearly half the time in which a calendar reads its rows.
    todo_id, owner, uid, title, description, completed, completed_at, local, moment, *rest = row
    deadline = _deadline(local, moment)
    return Todo(todo_id, owner, uid, title, description, completed, completed_at, deadline, *rest)


def _deadline(local: datetime | None, moment: datetime | None) -> Deadline | None:
    if local is not None:
        return Floating(local)
    return None if moment is None else Instant(moment)
