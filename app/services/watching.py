"""Waiting for jobs: each change is heard once and read once, however many wait for it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from app.domain.errors import TooManyWatchers
from app.domain.jobs import OPEN, Job
from app.domain.owners import OwnerId
from app.metrics.api import ApiMetrics
from app.services.histories import History

Seen = TypeVar("Seen")
Read = Callable[[OwnerId, UUID], Awaitable[Seen]]
"""Raises ``TaskNotFound`` for a job that the owner does not have."""

_READS_AT_ONCE = 3
"""When many jobs change at once, or may have, new ones must be accepted through the same connections."""


@dataclass(slots=True)
class _Watched:
    """One job that somebody waits for."""

    watchers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at the next change, and then replaced."""
    reads: "dict[tuple[OwnerId, Read[Any]], asyncio.Future[Any]]" = field(default_factory=dict)
    """What was read since the last change, for all that wait."""

    def tell(self) -> None:
        self.reads.clear()
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass(slots=True)
class Watching:
    """Tells those who wait for a job of its changes."""

    listen: Callable[[Callable[[UUID], None], Callable[[], None]], Coroutine[None, None, None]]
    """Calls the first for each job that changes, and the second when some may have gone unheard."""
    status: Read[Job]
    """The job alone, for those who need no more."""
    history: Read[History]
    limit: int
    """How many may wait at once."""
    metrics: ApiMetrics = field(default_factory=ApiMetrics.new)
    _jobs: dict[UUID, _Watched] = field(default_factory=dict)
    waiting: int = 0
    """How many do now."""
    _listening: "asyncio.Task[None] | None" = None
    _closed: bool = False
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_AT_ONCE))

    async def histories(self, owner: OwnerId, job_id: UUID) -> AsyncGenerator[History]:
        """The job as it is, and again after each change, until it is final or this process stops.

        Changes that follow each other closely may be seen as one. Raises ``TooManyWatchers``.
        """
        async with aclosing(self._looks(owner, job_id, self.history)) as looks:
            async for history in looks:
                yield history
                if history[0].state not in OPEN:
                    return

    async def changes(self, job_id: UUID) -> AsyncGenerator[None]:
        """Now, and again after each change of any job, until this process stops; the looking is the caller's.

        Raises ``TooManyWatchers``.
        """
        with self._watched(job_id) as watched:
            changed = watched.changed
            yield
            while not self._closed:
                await changed.wait()
                changed = watched.changed
                yield

    async def until(
        self, owner: OwnerId, job_id: UUID, enough: Callable[[Job, Job], bool], *, seconds: float
    ) -> Job:
        """The job once ``enough``, of how it was at first and how it is, is true, or as it is in the end.

        The end is that of the time, of the job, or of this process. Raises ``TooManyWatchers``.
        """
        async with aclosing(self._looks(owner, job_id, self.status)) as looks:
            first = latest = await anext(looks)
            try:
                async with asyncio.timeout(seconds) as limit:
                    while latest.state in OPEN and not enough(first, latest):
                        latest = await anext(looks)
            except StopAsyncIteration:
                pass  # nothing more is heard of it here
            except TimeoutError:
                # Postgres may be what took too long, and then nobody knows how the job is.
                if not limit.expired():
                    raise
        return latest

    async def close(self) -> None:
        """Have everybody go on with what is known now, and hear of nothing more."""
        self._closed = True
        self._tell_all()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})

    async def _looks(self, owner: OwnerId, job_id: UUID, read: Read[Seen]) -> AsyncGenerator[Seen]:
        """What is read now, and again after each change, until this process stops."""
        with self._watched(job_id) as watched:
            # Before the first look, so that no change can come between it and the waiting.
            changed = watched.changed
            yield await read(owner, job_id)
            while not self._closed:
                await changed.wait()
                changed = watched.changed
                yield await self._read_once(watched, owner, job_id, read)

    @contextmanager
    def _watched(self, job_id: UUID) -> Iterator[_Watched]:
        if self.waiting >= self.limit:
            raise TooManyWatchers(f"{self.limit} wait for tasks to change, and no more may at once.")
        if self._listening is None:
            # Those who come before it hears anything are told to look again once it does.
            self._listening = asyncio.create_task(
                self.listen(self._tell, self._tell_all),
                # It is no part of the request that needs it first, and its log lines are not either.
                context=Context(),
            )
        watched = self._jobs.setdefault(job_id, _Watched())
        watched.watchers += 1
        self.waiting += 1
        self.metrics.waiting_clients.inc()
        try:
            yield watched
        finally:
            self.waiting -= 1
            self.metrics.waiting_clients.dec()
            watched.watchers -= 1
            if not watched.watchers:
                del self._jobs[job_id]

    async def _read_once(self, watched: _Watched, owner: OwnerId, job_id: UUID, read: Read[Seen]) -> Seen:
        if (owner, read) not in watched.reads:
            reading = asyncio.ensure_future(self._read_in_turn(owner, job_id, read))
            reading.add_done_callback(lambda done: done.cancelled() or done.exception())
            watched.reads[owner, read] = reading
        # It goes on for the others if the one that began it goes away.
        seen: Seen = await asyncio.shield(watched.reads[owner, read])
        return seen

    async def _read_in_turn(self, owner: OwnerId, job_id: UUID, read: Read[Seen]) -> Seen:
        async with self._turns:
            return await read(owner, job_id)

    def _tell(self, job_id: UUID) -> None:
        if (watched := self._jobs.get(job_id)) is not None:
            watched.tell()

    def _tell_all(self) -> None:
        for watched in self._jobs.values():
            watched.tell()
