"""The files of feeds: each feed serves its latest, and those before it only to whoever is reading them."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.feeds import REFRESH, FeedFile
from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import StoredFile, fetching
from app.storage.database import Sessions, commit_soon
from app.storage.schema import feed_chunks, feed_files, feeds

_SECOND = timedelta(seconds=1)
"""As exact as Last-Modified is."""

_ADD = insert(feed_chunks)
_CHUNKS = (
    select(func.coalesce(feed_chunks.c.packed, feed_chunks.c.data))
    .where(
        feed_chunks.c.file_id == bindparam("file"),
        feed_chunks.c.number.between(bindparam("first"), bindparam("last")),
    )
    .order_by(feed_chunks.c.number)
)


async def add_chunk(session: AsyncConnection, file_id: UUID, number: int, packed: bytes) -> None:
    """Store one chunk of a file that ``publish`` completes."""
    await session.execute(_ADD, {"file_id": file_id, "number": number, "packed": packed})


async def hold(session: AsyncConnection, feed_id: UUID) -> bool:
    """Lock a feed whose file is about to be published; False if it was revoked.

    Before the job, which ends in the same transaction: whoever asks for a render locks the feed first, and
    then waits for the job that is under way.
    """
    statement = select(feeds.c.id, commit_soon()).where(feeds.c.id == feed_id, feeds.c.revoked_at.is_(None))
    held = await session.execute(statement.with_for_update(key_share=True))
    return held.one_or_none() is not None


async def publish(
    session: AsyncConnection, feed_id: UUID, file_id: UUID, *, size: int, packed_size: int, digest: str
) -> None:
    """Have the feed serve this file from the commit on.

    For the job's transaction, which holds the feed. If the feed has become due since the render was asked
    for, it stays so: the change may have come too late.
    """
    as_asked = feeds.c.due_at == feeds.c.asked_at + REFRESH
    rendered = (
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(
            rendered_at=func.statement_timestamp(),
            due_at=case((and_(as_asked, ~feeds.c.options.has_key("window")), None), else_=feeds.c.due_at),
        )
    )
    await session.execute(rendered)
    supersede = (
        update(feed_files)
        .where(feed_files.c.feed_id == feed_id, feed_files.c.superseded_at.is_(None))
        .values(superseded_at=func.statement_timestamp())
        .returning(feed_files.c.digest, feed_files.c.changed_at)
    )
    before = (await session.execute(supersede)).one_or_none()
    changed_at = func.statement_timestamp()
    if before is not None:
        # By a second at least, whatever the clock does: two files of one date would be one to some clients.
        later = func.greatest(changed_at, before.changed_at + _SECOND)
        changed_at = before.changed_at if before.digest == digest else later
    await session.execute(
        insert(feed_files).values(
            id=file_id,
            feed_id=feed_id,
            bytes=size,
            packed_bytes=packed_size,
            digest=digest,
            changed_at=changed_at,
        )
    )


def stored(sessions: Sessions, cache: ChunkCache, file: FeedFile) -> StoredFile:
    """The file of a feed, to be read."""
    fetch = fetching(sessions, _CHUNKS, {"file": file.id})
    return StoredFile(file.bytes, file.packed_bytes, cache.before(fetch, file.id))
