"""Keeping a job for as long as its attempt goes on."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from app.domain.jobs import Claim
from app.metrics.attempts import AttemptMetrics, Write
from app.storage import jobs
from app.storage.database import Sessions

log = structlog.get_logger(__name__)

_BEATS_PER_LEASE = 4
_LIVE_SECONDS = 1.0
"""At most so long apart are two beats, since each tells those who watch the job how far it is."""
_PAUSE_AFTER_FAILURE = 1 / 3
"""Of the time that a beat may take. So a connection that died without a word costs no lease: its beat is
given up half-way through, and two more come before the end."""


@dataclass(slots=True)
class Heart:
    """Extends the lease of one attempt, and stops the attempt that has lost its job."""

    sessions: Sessions
    metrics: AttemptMetrics
    held: Claim
    lease: timedelta
    body: asyncio.Task[object]
    stopped_it: bool = False
    """The job is another attempt's by now, or was cancelled, and the body was told so."""
    _beating: "asyncio.Task[None] | None" = field(default=None)

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat until the block ends, or until ``stop``."""
        self._beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Beat no more, so that the attempt's own end is not taken for the loss of its job."""
        if self._beating is not None:
            self._beating.cancel()
            # Its last beat may just have stopped the attempt, or the worker did: both come too late.
            with suppress(asyncio.CancelledError):
                await asyncio.wait({self._beating})

    async def _beat(self) -> None:
        patience = self.lease.total_seconds() / _BEATS_PER_LEASE
        between = min(patience, _LIVE_SECONDS)
        pause = between
        while True:
            await asyncio.sleep(pause)
            try:
                alive = await _within(patience, self._extend())
            except Exception as error:  # noqa: BLE001 - whatever it was, the next beat may do better
                self.metrics.heartbeat_failures.inc()
                log.warning("heartbeat_failed", reason=repr(error))
                pause = patience * _PAUSE_AFTER_FAILURE
                continue
            if not alive:
                return
            pause = between

    async def _extend(self) -> bool:
        async with self.sessions.at_once() as session:
            if await jobs.heartbeat(session, self.held, lease=self.lease):
                return True
            # The beat may have waited for the attempt's own result to be committed: that is no loss.
            if not await jobs.has_succeeded(session, self.held):
                self.metrics.fenced_writes.inc(Write.HEARTBEAT)
                self.stopped_it = True
                self.body.cancel()
        return False


async def _within(seconds: float, beat: Coroutine[None, None, bool]) -> bool:
    """The answer, or ``TimeoutError`` in time: the end of a beat that hangs is not waited for."""
    task = asyncio.create_task(beat)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
    if not done:
        raise TimeoutError
    return task.result()
