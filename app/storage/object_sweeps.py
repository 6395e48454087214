"""Files in S3 whose time is over.

The objects are deleted before the rows say so: a sweeper that stops in between leaves a row by which the next
one deletes them again, which is harmless, and no object that nobody knows of.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.jobs import JobState
from app.domain.objects import S3Place, parse_s3_url
from app.storage.schema import jobs
from app.storage.sweeps import IS_SHARED

_IS_THERE = (
    jobs.c.state == JobState.SUCCESS,
    jobs.c.removed_at.is_(None),
    jobs.c.object_url.is_not(None),
    # Jobs that share a file give it up before the one that made it: sweeps.remove_results.
    jobs.c.result_of.is_(None),
    ~IS_SHARED,
)


@dataclass(frozen=True, slots=True)
class Expired:
    """A job whose file is to go, when it ended, and where the file is."""

    job_id: UUID
    finished_at: datetime
    place: S3Place


async def expired(
    session: AsyncConnection, *, older_than: timedelta, after: Expired | None, limit: int
) -> list[Expired]:
    """Files that have been kept long enough, in the order in which their jobs ended, behind ``after``."""
    statement = select(jobs.c.id, jobs.c.finished_at, jobs.c.object_url).where(
        *_IS_THERE, jobs.c.finished_at < func.now() - older_than
    )
    if after is not None:
        place = tuple_(jobs.c.finished_at, jobs.c.id)
        statement = statement.where(place > (after.finished_at, after.job_id))
    found = await session.execute(statement.order_by(jobs.c.finished_at, jobs.c.id).limit(limit))
    return [Expired(row.id, row.finished_at, parse_s3_url(row.object_url)) for row in found]


async def remove(session: AsyncConnection, job_ids: Collection[UUID]) -> int:
    """Note of how many of these jobs the files are gone."""
    gone = update(jobs).where(jobs.c.id.in_(job_ids), *_IS_THERE).values(removed_at=func.now())
    return len((await session.scalars(gone.returning(jobs.c.id))).all())
