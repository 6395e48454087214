"""The life of an attempt: how it begins, and how it ends."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from structlog.contextvars import bound_contextvars

from app.domain.jobs import Claim, JobState, backoff
from app.domain.origins import Origin
from app.metrics.attempts import AttemptMetrics, Outcome, Write
from app.metrics.worker import WorkerMetrics
from app.settings import Settings
from app.storage import jobs
from app.storage.database import Sessions, is_unreachable
from app.storage.s3 import S3Trouble
from app.storage.upload import Uploads
from app.tracing.tracing import OFF, Told, Tracing
from workers.heart import Heart
from workers.running import RunningAttempts

log = structlog.get_logger(__name__)

_MEANT = (Outcome.SUCCEEDED, Outcome.GIVEN_BACK)
"""Ends that tell of no trouble."""

_S3_REST = timedelta(minutes=1)
"""An outage takes longer than the first attempts usually are apart, and is not to use them up."""


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
    running: RunningAttempts = field(default_factory=RunningAttempts)
    tracing: Tracing = OFF
    uploads: Uploads | None = None
    """Where files go that are not stored in Postgres."""

    @asynccontextmanager
    async def attempt(self, job_id: UUID) -> AsyncIterator[Claim | None]:
        """Claim a job and hold it while the body runs; None if there is nothing to do.

        An error in the body becomes a retry, or FAILURE after the last attempt, and goes no further; one that
        is permanent, or that the body takes too long, is FAILURE at once. The body is cancelled when the job
        was given to another attempt, and when the worker has no more time.
        """
        with bound_contextvars(job_id=str(job_id)):
            held = await self._claim(job_id)
            if held is None:
                yield None
                return
            with self.tracing.attempt(held) as told, bound_contextvars(**self._ids(held)):
                log.info("attempt_started")
                async with self._held(held, told):
                    yield held

    def _ids(self, held: Claim) -> dict[str, str | int]:
        """What each line of the attempt says, those of whatever runs within it included."""
        here = Origin(held.origin.request_id, self.tracing.traceparent() or held.origin.traceparent)
        return {"attempt": held.attempt, **here.ids}

    @asynccontextmanager
    async def _held(self, held: Claim, told: Told) -> AsyncIterator[None]:
        body = _current_task()
        heart = Heart(self.sessions, self.metrics, held, self.settings.lease, body)
        self.running.add(body)
        outcome, began = Outcome.UNWRITTEN, time.monotonic()
        async with heart.beating():
            try:
                async with _time_limit(self.settings.render_timeout.total_seconds()):
                    yield
                outcome = Outcome.SUCCEEDED
            except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - told in the log
                # From here on neither may get in the way of the attempt's last word.
                self.running.discard(body)
                await heart.stop()
                outcome = await self._ended(held, error, lost=heart.stopped_it)
            finally:
                self.running.discard(body)
                self.metrics.ended(outcome, seconds=time.monotonic() - began)
                told.values["outcome"] = outcome
                told.failed = outcome not in _MEANT

    async def _claim(self, job_id: UUID) -> Claim | None:
        try:
            async with self.sessions.at_once() as session:
                held = await jobs.claim(session, job_id, lease=self.settings.lease, worker=self.worker)
        except Exception as error:
            if not is_unreachable(error):
                raise
            # No reason to make a dead letter of the message: the row waits, and the sweeper rings again.
            log.warning("not_claimed", reason=repr(error))
            return None
        if held is None:
            log.info("nothing_to_do")
        return held

    async def _ended(self, held: Claim, error: BaseException, *, lost: bool) -> Outcome:
        """Write what became of an attempt that has made no file."""
        while _current_task().cancelling():
            _current_task().uncancel()
        if lost:
            log.warning("attempt_fenced")
            return Outcome.FENCED
        try:
            match error:
                case Fenced():
                    log.warning("result_fenced")
                    return self._refused(Write.RESULT)
                case asyncio.CancelledError():
                    return await self._give_back(held)
                case PermanentFailure():
                    log.warning("job_failed", reason=str(error))
                    return await self._fail(held, str(error))
                case _:
                    return await self._failed(held, error)
        except Exception as unwritten:
            if not is_unreachable(unwritten):
                raise
            # The lease ends, and the sweeper takes the job.
            log.warning("end_not_written", reason=repr(unwritten))
            return Outcome.UNWRITTEN

    def give_up(self) -> None:
        """Cancel every attempt that still runs; each gives its job back."""
        self.running.cancel()

    async def _failed(self, held: Claim, error: BaseException) -> Outcome:
        rest = timedelta()
        if isinstance(error, S3Trouble):
            rest = _S3_REST
            log.error("attempt_failed", reason=str(error))
        else:
            log.error("attempt_failed", exc_info=error)
        limit = self.settings.max_attempts
        # The log has the traceback; a client must see nothing of our inside.
        reason = f"attempt {held.attempt} of {limit} ended with an error"
        if held.attempt >= limit:
            return await self._fail(held, reason)
        wait = max(backoff(self.settings.retry_backoff, held.attempt), rest)
        async with self.sessions.at_once() as session:
            kept = await jobs.retry(session, held, reason, after=wait)
        if not kept:
            return self._refused(Write.RETRY)
        log.info("attempt_ended", state=JobState.RETRY)
        return Outcome.RETRY

    async def _fail(self, held: Claim, reason: str) -> Outcome:
        async with self.sessions.at_once() as session:
            kept = await jobs.fail(session, held, reason)
        if not kept:
            return self._refused(Write.FAILURE)
        log.info("attempt_ended", state=JobState.FAILURE)
        return Outcome.FAILED

    async def _give_back(self, held: Claim) -> Outcome:
        limit = self.settings.max_attempts
        if held.attempt >= limit:
            # Another attempt would be one too many, however blameless this one was.
            return await self._fail(held, f"attempt {held.attempt} of {limit} was stopped with its worker")
        async with self.sessions.at_once() as session:
            reason = f"attempt {held.attempt} was stopped with its worker"
            kept = await jobs.give_back(session, held, reason)
        if not kept:
            return self._refused(Write.GIVE_BACK)
        log.info("attempt_given_back")
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
