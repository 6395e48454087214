"""From the todos in Postgres to the file, there or in S3, with neither ever in memory as a whole."""

from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deadlines import DeadlineSpan
from app.domain.jobs import Claim, Counts
from app.domain.todos import TodoFilter
from app.storage import calendar_todos, feed_files, jobs, results, tombstones, twins
from app.storage.calendar_todos import Chosen
from app.storage.database import Sessions
from app.storage.snapshots import at_one_moment
from app.storage.tombstones import Deleted
from app.storage.upload import Upload, Uploads
from app.tracing.tracing import OFF, Tracing
from workers.chunked_file import ChunkedFile, Store
from workers.pages import only_page, pages
from workers.rendering.calendar import END, Renderer
from workers.runtime import Fenced, PermanentFailure

log = structlog.get_logger(__name__)


async def make_calendar(
    sessions: Sessions,
    held: Claim,
    *,
    timezone: str,
    max_bytes: int,
    tombstone_ttl: timedelta = timedelta(days=30),
    tracing: Tracing = OFF,
    uploads: Uploads | None = None,
) -> int:
    """Render the file of a claimed job and end the job with it, all in one transaction.

    Jobs that wait for the same file end with it too; returns how many they were.

    The file's chunks become visible with the state, or not at all. The todos are read as they were at one
    moment: by one statement where that will do, else through a transaction of its own, since the writing one
    must see other attempts' claims.
    A feed's file is the feed's and not the job's, and tells of what was deleted within ``tombstone_ttl``.
    With ``uploads`` all other files go to S3: each is complete there before the state says so, under a name
    that is its attempt's alone. It stays if the commit is not answered, for that may have come to pass.
    Raises ``Fenced``, and leaves nothing behind, if the job is another attempt's by then.
    """
    file_id = uuid4()
    into_s3 = nullcontext() if uploads is None or held.feed_id is not None else uploads.begin(held)
    async with sessions.begin() as writer, into_s3 as upload:
        file = ChunkedFile(_store(writer, held, file_id, upload), max_bytes)
        with tracing.step("render"):
            counts = await _render(sessions, writer, held, timezone, tombstone_ttl, file)
        if upload is not None:
            await upload.finish()
        if held.feed_id is not None and not await feed_files.hold(writer, held.feed_id):
            raise PermanentFailure("the feed was revoked")
        object_at = None if upload is None else upload.place
        if not await jobs.succeed(
            writer, held, counts, file.digest, packed_bytes=file.packed_size, object_at=object_at
        ):
            # The error takes with it what the transaction has written so far.
            raise Fenced
        shared = await twins.share(writer, held)
        if held.feed_id is not None:
            await feed_files.publish(
                writer,
                held.feed_id,
                file_id,
                size=file.size,
                packed_size=file.packed_size,
                digest=file.digest,
            )
    log.info("calendar_made", todos=counts.todos, bytes=counts.bytes, shared=shared)
    return shared


def _store(writer: AsyncConnection, held: Claim, file_id: UUID, upload: Upload | None) -> Store:
    if upload is not None:
        return upload.add
    if held.feed_id is not None:
        return partial(feed_files.add_chunk, writer, file_id)
    return partial(results.add_chunk, writer, held)


async def _render(
    sessions: Sessions,
    writer: AsyncConnection,
    held: Claim,
    timezone: str,
    tombstone_ttl: timedelta,
    file: ChunkedFile,
) -> Counts:
    options = held.options
    # The window is counted from when the calendar was asked for, so that every attempt makes the same file.
    chosen = Chosen(
        owner=held.owner,
        wanted=TodoFilter(completed=options.completed, window=options.window),
        timezone=timezone,
        now=held.created_at,
    )
    renderer = Renderer(options)
    page = await only_page(writer, held, chosen, renderer)
    if page is None:
        deleted = None if held.feed_id is None else Deleted(held.feed_id, chosen, kept=tombstone_ttl)
        async with at_one_moment(sessions) as reader:
            skipped = await _stream(reader, held, chosen, renderer, deleted, file)
    else:
        await file.write(renderer.begin(DeadlineSpan()) + page.lines)
        held.progress.done, skipped = page.todos, page.skipped
    await file.write(END)
    await file.close()
    return Counts(held.progress.done, skipped, file.size)


async def _stream(
    reader: AsyncConnection,
    held: Claim,
    chosen: Chosen,
    renderer: Renderer,
    deleted: Deleted | None,
    file: ChunkedFile,
) -> int:
    """Write all but the end, page by page; returns how many todos have no lines."""
    span = await _span(reader, chosen, deleted) if renderer.needs_span else DeadlineSpan()
    await file.write(renderer.begin(span))
    skipped = 0
    async for page in pages(reader, chosen, renderer):
        if page.more and not held.progress.total:
            # Nobody sees how far a calendar of one page is.
            held.progress.total = await calendar_todos.total(reader, chosen)
        await file.write(page.lines)
        held.progress.done += page.todos
        skipped += page.skipped
    if deleted is not None:
        async for graves in tombstones.stream(reader, deleted):
            await file.write(renderer.tombstones(graves))
    return skipped


async def _span(reader: AsyncConnection, chosen: Chosen, deleted: Deleted | None) -> DeadlineSpan:
    span = await calendar_todos.span(reader, chosen)
    return span if deleted is None else span | await tombstones.deadline_span(reader, deleted)
