"""From the todos in Postgres to the file in Postgres, with neither ever in memory as a whole."""

import asyncio
import hashlib
from dataclasses import dataclass, field

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.calendars import CalendarOptions, Component
from app.domain.jobs import Claim, Counts
from app.domain.todos import Todo, TodoFilter
from app.storage import jobs, results, todos
from app.storage.database import Sessions
from workers.rendering.calendar import END, Renderer
from workers.runtime import Fenced, PermanentFailure

log = structlog.get_logger(__name__)


async def make_calendar(sessions: Sessions, held: Claim, *, timezone: str, max_bytes: int) -> None:
    """Render the file of a claimed job and end the job with it, all in one transaction.

    The file's chunks become visible with the state, or not at all. The todos are read through a transaction
    of its own, which sees them as they were at one moment: the writing one must see other attempts' claims.
    Raises ``Fenced``, and leaves nothing behind, if the job is another attempt's by then.
    """
    async with sessions.begin() as writer, sessions() as reader:
        await reader.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        file = _File(writer, held, max_bytes)
        counts = await _render(reader, held, timezone, file)
        if not await jobs.succeed(writer, held, counts, file.digest.hexdigest()):
            # The error takes with it what the transaction has written so far.
            raise Fenced
    log.info("calendar_made", job_id=str(held.job_id), todos=counts.todos, bytes=counts.bytes)


async def _render(reader: AsyncSession, held: Claim, timezone: str, file: "_File") -> Counts:
    options = held.options
    wanted = TodoFilter(completed=options.completed, window=options.window)
    # The window is counted from when the calendar was asked for, so that every attempt makes the same file.
    now = held.created_at
    total, span = await todos.extent(reader, held.owner, wanted, timezone=timezone, now=now)
    held.progress.total = total
    renderer = Renderer(options)
    await file.write(renderer.begin(span))
    read = skipped = 0
    async for batch in todos.stream(reader, held.owner, wanted, timezone=timezone, now=now):
        # On a thread, so that heartbeats, this job's and others', need not wait for it.
        await file.write(await asyncio.to_thread(b"".join, map(renderer.todo, batch)))
        read += len(batch)
        held.progress.done = read
        skipped += sum(_is_skipped(todo, options) for todo in batch)
    await file.write(END)
    await file.close()
    return Counts(read, skipped, file.size)


def _is_skipped(todo: Todo, options: CalendarOptions) -> bool:
    return options.component is Component.EVENT and todo.deadline is None


@dataclass(slots=True)
class _File:
    """What was rendered so far: all full chunks are in Postgres, the rest is here."""

    session: AsyncSession
    held: Claim
    max_bytes: int
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _chunks: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    async def write(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)
        if self.size > self.max_bytes:
            raise PermanentFailure(f"the calendar would have more than {self.max_bytes} bytes, the limit")
        self._rest += data
        while len(self._rest) >= results.CHUNK_BYTES:
            await self._store(bytes(self._rest[: results.CHUNK_BYTES]))
            del self._rest[: results.CHUNK_BYTES]

    async def close(self) -> None:
        if self._rest:
            await self._store(bytes(self._rest))

    async def _store(self, chunk: bytes) -> None:
        await results.add_chunk(self.session, self.held, self._chunks, chunk)
        self._chunks += 1
