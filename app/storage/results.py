"""Files that jobs have made."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.jobs import Claim, Job
from app.domain.owners import OwnerId
from app.storage.chunks import read_range
from app.storage.database import Sessions
from app.storage.schema import jobs, result_chunks


async def add_chunk(session: AsyncSession, held: Claim, number: int, data: bytes) -> None:
    """Store one chunk of an attempt's file; it becomes visible if the attempt's ``succeed`` commits."""
    await session.execute(
        insert(result_chunks).values(job_id=held.job_id, attempt=held.attempt, number=number, data=data)
    )


def read(sessions: Sessions, job: Job, first: int, last: int) -> AsyncIterator[bytes]:
    """The bytes from ``first`` to ``last``, both included, of a job's file.

    Each chunk is a query of its own: a slow reader must hold neither a connection nor a transaction.
    """

    async def chunk(number: int) -> bytes | None:
        async with sessions.begin() as session:
            return await _chunk(session, job.owner, job.id, job.attempt, number)

    return read_range(chunk, first, last)


async def _chunk(
    session: AsyncSession, owner: OwnerId, job_id: UUID, attempt: int, number: int
) -> bytes | None:
    statement = (
        select(result_chunks.c.data)
        .join(jobs, jobs.c.id == result_chunks.c.job_id)
        .where(
            jobs.c.owner_id == owner,
            result_chunks.c.job_id == job_id,
            result_chunks.c.attempt == attempt,
            result_chunks.c.number == number,
        )
    )
    return (await session.execute(statement)).scalar_one_or_none()
