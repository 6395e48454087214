"""Files that jobs have made."""

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.jobs import Claim, Job
from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import StoredFile, fetching
from app.storage.database import Sessions
from app.storage.schema import jobs, result_chunks

_ADD = insert(result_chunks)
_CHUNKS = (
    select(func.coalesce(result_chunks.c.packed, result_chunks.c.data))
    .join(jobs, jobs.c.id == result_chunks.c.job_id)
    .where(
        jobs.c.owner_id == bindparam("owner"),
        result_chunks.c.job_id == bindparam("job"),
        result_chunks.c.attempt == bindparam("attempt"),
        result_chunks.c.number.between(bindparam("first"), bindparam("last")),
    )
    .order_by(result_chunks.c.number)
)
"""Which chunks are of a job's file."""


async def add_chunk(session: AsyncConnection, held: Claim, number: int, packed: bytes) -> None:
    """Store one chunk of an attempt's file; it becomes visible if the attempt's ``succeed`` commits."""
    await session.execute(
        _ADD, {"job_id": held.job_id, "attempt": held.attempt, "number": number, "packed": packed}
    )


def stored(sessions: Sessions, cache: ChunkCache, job: Job) -> StoredFile:
    """The file of a job that has made one, to be read."""
    assert job.counts is not None  # noqa: S101 - the table's constraints go with SUCCESS
    maker, attempt = job.file
    fetch = fetching(sessions, _CHUNKS, {"owner": job.owner, "job": maker, "attempt": attempt})
    return StoredFile(job.counts.bytes, job.packed_bytes, cache.before(fetch, job.owner, maker, attempt))
