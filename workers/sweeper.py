"""Rings for jobs that wait too long, rescues them from dead workers, and removes what is old.

Every worker has a sweeper, and an advisory lock for each duty lets one of them at a time do it;
only files in S3 need none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from app.domain.jobs import FEED_VERSION
from app.metrics.sweeps import Sweep, SweepMetrics
from app.metrics.worker import WorkerMetrics
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.settings import Settings
from app.storage import feed_renders, feed_sweeps, sweeps
from app.storage.database import Sessions, is_unreachable
from app.storage.sweeps import Due, Rescued
from app.tracing.tracing import OFF, Tracing
from workers.object_sweep import ObjectSweep

_SENT_AT_ONCE = 50
"""Few enough that a broker which goes away in the middle has little sent to it twice."""

_DEEP = 500
"""Where so many messages wait in the queue, those of jobs that were rung for are most likely among them."""

_SENT_TO_DEEP = 20
"""To that only so many, of the jobs that have waited longest: their turn should have come."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Keeps the promise that every accepted job ends."""

    sessions: Sessions
    publisher: Publisher
    settings: Settings
    metrics: SweepMetrics = field(default_factory=lambda: WorkerMetrics.new().sweeps)
    tracing: Tracing = OFF
    files: ObjectSweep = field(default_factory=ObjectSweep)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Have ``run`` end, after the sweeps that are under way.

        The rows of jobs that one rings for say so already: were their messages not sent, they would wait for
        ``resend_after``.
        """
        self.stopping.set()

    async def run(self) -> None:
        """Sweep until it is told to stop; nothing that fails ends it.

        Removing what is old may take long, or wait, and so may feeds: no job may wait with them, and each
        duty is done beside the rest.
        """
        async with asyncio.TaskGroup() as duties:
            for duty in (self.sweep, self.render_feeds, self.expire):
                duties.create_task(self._again_and_again(duty))

    async def _again_and_again(self, duty: Callable[[], Awaitable[None]]) -> None:
        while not self.stopping.is_set():
            try:
                await duty()
                self.metrics.outcomes.inc(Sweep.DONE)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next sweep may do better
                self.metrics.outcomes.inc(Sweep.FAILED)
                _tell(duty.__name__, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), self.settings.sweep_interval.total_seconds())

    async def sweep(self) -> None:
        """Rescue and ring once, and leave what another sweeper is at."""
        async with self.sessions.at_once() as session:
            rescued = await sweeps.rescue(
                session,
                max_attempts=self.settings.max_attempts,
                retry_backoff=self.settings.retry_backoff,
            )
            due = await sweeps.ring(session, resend_after=self.settings.resend_after)
        for job in rescued:
            self._rescued(job)
        # Only now, with no connection held: sending may take long.
        messages = [RenderCalendar(job.job_id, job.version) for job in await self._wanted(due)]
        await self._send(messages)
        if messages:
            log.info("rang_again", count=len(messages))

    async def _wanted(self, due: list[Due]) -> list[Due]:
        """All of them; in a deep queue those whose messages are hardly in it."""
        sent = [job for job in due if job.sent]
        if len(sent) <= _SENT_TO_DEEP or not await self._queue_is_deep():
            return due
        # Copies would only make it longer, and each has to be heard.
        return [job for job in due if not job.sent] + sent[:_SENT_TO_DEEP]

    async def _queue_is_deep(self) -> bool:
        try:
            return await self.publisher.waiting() >= _DEEP
        except SendFailed:
            return False  # as sending will find out, which has everything sent soon

    def _rescued(self, job: Rescued) -> None:
        self.metrics.rescued(job.state)
        about = {"job_id": str(job.job_id), "attempt": job.attempt, **job.origin.ids}
        log.warning("lease_ended", state=job.state, **about)
        self.tracing.rescued(job.job_id, job.attempt, job.origin, {"state": job.state})

    async def render_feeds(self) -> None:
        """Ask for the renders of feeds whose todos have changed, so that apps find them done."""
        async with self.sessions.at_once() as session:
            await feed_renders.note_changes(session, self.settings.feed_pacing)
            asked = await feed_renders.ask_due(
                session, self.settings.feed_pacing, resend_after=self.settings.resend_after
            )
        if asked:
            log.info("feed_renders_asked", count=len(asked))
            self.metrics.feed_renders.inc(len(asked))
        await self._send([RenderCalendar(job_id, FEED_VERSION) for job_id in asked])

    async def expire(self) -> None:
        """Remove a batch of each kind of what is old, and leave what another sweeper is at."""
        async with self.sessions.at_once() as session:
            removed = await sweeps.remove_results(session, older_than=self.settings.result_ttl)
            forgotten = await sweeps.forget_jobs(session, older_than=self.settings.job_ttl)
            await feed_sweeps.give_up_files(session)
            superseded = await feed_sweeps.remove_files(session)
            await feed_sweeps.forget_feeds(session)
            await feed_sweeps.forget_renders(session)
            await feed_sweeps.forget_tombstones(session, older_than=self.settings.tombstone_ttl)
        self.metrics.results_removed.inc(removed)
        self.metrics.jobs_forgotten.inc(forgotten)
        if removed:
            log.info("results_removed", count=removed)
        if forgotten:
            log.info("jobs_forgotten", count=forgotten)
        if superseded:
            log.info("feed_files_removed", count=superseded)
        gone = await self.files.expire(self.sessions, older_than=self.settings.result_ttl)
        self.metrics.results_removed.inc(gone)

    async def _send(self, messages: Sequence[RenderCalendar]) -> None:
        for first in range(0, len(messages), _SENT_AT_ONCE):
            try:
                await self.publisher.send_all(messages[first : first + _SENT_AT_ONCE])
            except SendFailed as error:
                log.warning("send_failed", waiting=len(messages) - first, reason=str(error))
                async with self.sessions.at_once() as session:
                    await sweeps.ring_soon(session, [message.job_id for message in messages[first:]])
                return


def _tell(duty: str, error: Exception) -> None:
    if is_unreachable(error):
        # Several times a second for as long as it lasts: a traceback each would fill a log.
        log.warning("sweep_failed", duty=duty, reason=str(error) or type(error).__name__)
    else:
        log.error("sweep_failed", duty=duty, exc_info=error)
