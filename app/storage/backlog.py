"""The query behind the gauges; its cost follows the jobs that have not ended, and not the table."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Interval,
    Select,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from app.domain.backlog import Backlog
from app.domain.jobs import OPEN, WAITING, JobState
from app.storage.database import Sessions
from app.storage.schema import jobs

_NONE = literal_column("interval '0'", Interval)


async def measure(sessions: Sessions) -> Backlog:
    """How things stand, read in a transaction of its own."""
    async with sessions.begin() as session:
        row = (await session.execute(statement())).one()
    return Backlog(
        {state: getattr(row, state) for state in OPEN},
        oldest_waiting=row.oldest_waiting,
        sweeper_lag=row.sweeper_lag,
        oldest_result=row.oldest_result,
        database_bytes=row.database_bytes,
    )


def statement() -> Select[*tuple[Any, ...]]:
    """Everything at one moment, and nothing of it without an index."""
    kept = _in([JobState.SUCCESS]) & jobs.c.removed_at.is_(None)
    counts = [func.count().filter(_in([state])).label(state) for state in OPEN]
    return select(
        *counts,
        _age(jobs.c.run_at, _in(WAITING)).label("oldest_waiting"),
        func.greatest(
            _age(jobs.c.ring_at, _in(WAITING)), _age(jobs.c.lease_until, _in([JobState.STARTED]))
        ).label("sweeper_lag"),
        _age(jobs.c.finished_at, kept).label("oldest_result"),
        func.pg_database_size(func.current_database(), type_=BigInteger).label("database_bytes"),
    ).where(_in(OPEN))


def _age(moment: Column[datetime], condition: ColumnElement[bool]) -> ColumnElement[timedelta]:
    """How long ago the first such moment was; zero if it is still to come, or there is none."""
    first = select(func.now() - func.min(moment)).where(condition)
    return func.greatest(first.scalar_subquery(), _NONE, type_=Interval)


def _in(states: Iterable[JobState]) -> ColumnElement[bool]:
    # Written into the statement: with a parameter in its place, a plan that is kept could not use an index
    # that covers these states alone.
    return or_(*(jobs.c.state == literal(state, literal_execute=True) for state in states))
