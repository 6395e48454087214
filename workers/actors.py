"""One function for each message."""

from uuid import UUID

import dramatiq
import structlog

from app.domain.jobs import JOB_VERSION, JobState
from app.queue.messages import RenderCalendar
from workers.calendars import make_calendar
from workers.runtime import Runtime

log = structlog.get_logger(__name__)


class Actors:
    """The actors of one worker; ``runtime`` is set once its event loop runs."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self.runtime: Runtime | None = None
        declare = dramatiq.actor(
            broker=broker,
            actor_name=RenderCalendar.actor,
            queue_name=RenderCalendar.queue,
            max_retries=0,
        )
        declare(self.render_calendar)

    async def render_calendar(self, job_id: str, version: int) -> None:
        """Render one job's calendar. Running it twice is harmless."""
        if self.runtime is None:
            raise RuntimeError("the worker is not running")
        if version > JOB_VERSION:
            # The row still waits, and the sweeper rings again until a newer worker hears it.
            log.warning("message_too_new", job_id=job_id, version=version)
            return
        async with self.runtime.attempt(UUID(job_id)) as held:
            if held is not None:
                settings = self.runtime.settings
                shared = await make_calendar(
                    self.runtime.sessions,
                    held,
                    timezone=settings.timezone,
                    max_bytes=settings.max_result_bytes,
                    tombstone_ttl=settings.tombstone_ttl,
                    tracing=self.runtime.tracing,
                    uploads=self.runtime.uploads,
                )
                self.runtime.metrics.jobs_ended.inc(JobState.SUCCESS, shared)
