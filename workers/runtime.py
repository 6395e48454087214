"""The life of an attempt: claim, lease, heartbeat, and how it ends."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.domain.jobs import Claim, JobState, backoff
from app.metrics.attempts import AttemptMetrics, Outcome, Write
from app.metrics.worker import WorkerMetrics
from app.settings import Settings
from app.storage import jobs
from app.storage.database import Sessions, at_once

log = structlog.get_logger(__name__)

_BEATS_PER_LEASE = 3
"""How many heartbeats in a row must fail before the lease ends."""


class Fenced(Exception):  # noqa: N818 - says what happened
    """The job is another attempt's by now, or was cancelled, and this one's result was refused."""


class PermanentFailure(Exception):  # noqa: N818 - says how the job ends
    """The job would fail each time it is tried; the text tells its client why."""


@dataclass(slots=True)
class Runtime:
    """Runs attempts in one event loop."""

    sessions: Sessions
    settings: Settings
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    """Who it is that claims, for the timelines of its jobs."""
    metrics: AttemptMetrics = field(default_factory=lambda: WorkerMetrics.new().attempts)
    _running: set[asyncio.Task[object]] = field(default_factory=set)

    @asynccontextmanager
    async def attempt(self, job_id: UUID) -> AsyncIterator[Claim | None]:
        """Claim a job and hold it while the body runs; None if there is nothing to do.

        An error in the body becomes a retry, or FAILURE after the last attempt, and goes no further; one that
        is permanent, or that the body takes too long, is FAILURE at once. The body is cancelled when the job
        was given to another attempt, and when the worker has no more time.
        """
        async with at_once(self.sessions) as session:
            held = await jobs.claim(session, job_id, lease=self.settings.lease, worker=self.worker)
        if held is None:
            log.info("nothing_to_do", job_id=str(job_id))
            yield None
            return
        fenced = asyncio.Event()
        body = _current_task()
        heart = asyncio.create_task(self._beat(held, body, fenced))
        self._running.add(body)
        log.info("attempt_started", job_id=str(job_id), attempt=held.attempt)
        outcome, began = Outcome.UNWRITTEN, time.monotonic()
        try:
            async with _time_limit(self.settings.render_timeout.total_seconds()):
                yield held
            outcome = Outcome.SUCCEEDED
        except asyncio.CancelledError:
            body.uncancel()
            if fenced.is_set():
                log.warning("attempt_fenced", job_id=str(job_id), attempt=held.attempt)
                outcome = Outcome.FENCED
            else:
                outcome = await self._give_back(held)
        except Fenced:
            log.warning("result_fenced", job_id=str(job_id), attempt=held.attempt)
            outcome = self._refused(Write.RESULT)
        except PermanentFailure as failure:
            log.warning("job_failed", job_id=str(job_id), attempt=held.attempt, reason=str(failure))
            outcome = await self._fail(held, str(failure))
        except Exception:
            log.exception("attempt_failed", job_id=str(job_id), attempt=held.attempt)
            outcome = await self._failed(held)
        finally:
            self.metrics.ended(outcome, seconds=time.monotonic() - began)
            self._running.discard(body)
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    def give_up(self) -> None:
        """Cancel every attempt that still runs; each gives its job back."""
        for body in self._running:
            body.cancel()

    async def _beat(self, held: Claim, body: asyncio.Task[object], fenced: asyncio.Event) -> None:
        lease = self.settings.lease
        while True:
            await asyncio.sleep(lease.total_seconds() / _BEATS_PER_LEASE)
            try:
                async with asyncio.timeout(lease.total_seconds()), at_once(self.sessions) as session:
                    alive = await jobs.heartbeat(session, held, lease=lease)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next beat may do better
                self.metrics.heartbeat_failures.inc()
                log.warning("heartbeat_failed", job_id=str(held.job_id), reason=repr(error))
                continue
            if not alive:
                self._refused(Write.HEARTBEAT)
                fenced.set()
                body.cancel()
                return

    async def _failed(self, held: Claim) -> Outcome:
        limit = self.settings.max_attempts
        # The log has the traceback; a client must see nothing of our inside.
        reason = f"attempt {held.attempt} of {limit} ended with an error"
        if held.attempt >= limit:
            return await self._fail(held, reason)
        wait = backoff(self.settings.retry_backoff, held.attempt)
        async with at_once(self.sessions) as session:
            kept = await jobs.retry(session, held, reason, after=wait)
        if not kept:
            return self._refused(Write.RETRY)
        log.info("attempt_ended", job_id=str(held.job_id), state=JobState.RETRY)
        return Outcome.RETRY

    async def _fail(self, held: Claim, reason: str) -> Outcome:
        async with at_once(self.sessions) as session:
            kept = await jobs.fail(session, held, reason)
        if not kept:
            return self._refused(Write.FAILURE)
        log.info("attempt_ended", job_id=str(held.job_id), state=JobState.FAILURE)
        return Outcome.FAILED

    async def _give_back(self, held: Claim) -> Outcome:
        limit = self.settings.max_attempts
        if held.attempt >= limit:
            # Another attempt would be one too many, however blameless this one was.
            return await self._fail(held, f"attempt {held.attempt} of {limit} was stopped with its worker")
        async with at_once(self.sessions) as session:
            reason = f"attempt {held.attempt} was stopped with its worker"
            kept = await jobs.give_back(session, held, reason)
        if not kept:
            return self._refused(Write.GIVE_BACK)
        log.info("attempt_given_back", job_id=str(held.job_id), attempt=held.attempt)
        return Outcome.GIVEN_BACK

    def _refused(self, write: Write) -> Outcome:
        self.metrics.fenced_writes.inc(write)
        return Outcome.FENCED


@asynccontextmanager
async def _time_limit(seconds: float) -> AsyncIterator[None]:
    """Cancel the block when it has taken too long, and tell that from every other cancellation."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise PermanentFailure(f"it took longer than {seconds:g} s, which is the limit") from None


def _current_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("an attempt runs in a task")
    return task
