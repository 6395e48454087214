"""Files in S3 whose time is over.

The objects are deleted before the rows say so: a sweeper that stops in between leaves a row by which the next
one deletes them again, which is harmless, and no object that nobody knows of.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs import JobState
from app.domain.objects import S3Place, parse_s3_url
from app.storage.schema import jobs
from app.storage.sweeps import BATCH

_IS_THERE = (jobs.c.state == JobState.SUCCESS, jobs.c.removed_at.is_(None), jobs.c.object_url.is_not(None))


async def expired(session: AsyncSession, *, older_than: timedelta) -> dict[UUID, S3Place]:
    """Jobs whose files have been kept long enough, those that ended first, and where these are."""
    aged = jobs.c.finished_at < func.now() - older_than
    old = select(jobs.c.id, jobs.c.object_url).where(*_IS_THERE, jobs.c.result_of.is_(None), aged)
    found = await session.execute(old.order_by(jobs.c.finished_at).limit(BATCH))
    return {row.id: parse_s3_url(row.object_url) for row in found}


async def remove(session: AsyncSession, job_ids: Collection[UUID]) -> int:
    """Note that the files of these jobs are gone, and so those of all that share them; returns how many."""
    sharing = or_(jobs.c.id.in_(job_ids), jobs.c.result_of.in_(job_ids))
    gone = update(jobs).where(sharing, *_IS_THERE).values(removed_at=func.now())
    return len((await session.scalars(gone.returning(jobs.c.id))).all())
