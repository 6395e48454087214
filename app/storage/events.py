"""The timeline of a job: written in the same statement as what happens, never changed."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Insert, Select, Text, Update, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import EventKind, JobEvent
from app.storage.schema import job_events, jobs


def recorded(
    change: Update | Insert,
    kind: EventKind | ColumnElement[str],
    detail: str | ColumnElement[str] | None,
    *answer: ColumnElement[Any],
) -> Select[Any]:
    """The change of jobs as a statement that also writes the event of each job that it changes.

    Answers with a row for each of them: ``id``, ``attempt``, and what else is asked for. Where the change's
    condition does not hold, nothing is written at all; and since both are one statement, no event can be
    there without its change, nor cost another round trip.
    """
    changed = change.returning(
        jobs.c.id,
        jobs.c.attempt,
        literal(kind, Text).label("kind") if isinstance(kind, EventKind) else kind.label("kind"),
        detail.label("detail")
        if isinstance(detail, ColumnElement)
        else literal(detail, Text).label("detail"),
        *answer,
    ).cte("changed")
    told = select(changed.c.id, changed.c.attempt, changed.c.kind, changed.c.detail)
    event = insert(job_events).from_select(["job_id", "attempt", "kind", "detail"], told).cte("event")
    wanted = [column for column in changed.c if column.key not in {"kind", "detail"}]
    return select(*wanted).add_cte(event)


async def of_job(session: AsyncConnection, job_id: UUID) -> list[JobEvent]:
    """All that happened to a job, in order."""
    statement = select(job_events).where(job_events.c.job_id == job_id).order_by(job_events.c.id)
    return [
        JobEvent(row.job_id, row.at, row.attempt, row.kind, row.detail, row.id)
        for row in await session.execute(statement)
    ]
