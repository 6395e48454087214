"""What travels from those who ask for work to those who do it: the contract with the workers."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from dramatiq import Message

from app.domain.brokers import DEFAULT_QUEUE
from app.domain.jobs import CALENDAR_VERSION


@dataclass(frozen=True, slots=True)
class RenderCalendar:
    """Rings the bell for one job; everything else about it is in its row."""

    actor: ClassVar[str] = "render_calendar"
    queue: ClassVar[str] = DEFAULT_QUEUE
    """Dramatiq's name for it, whatever the queue is called at the server."""

    job_id: UUID
    version: int = CALENDAR_VERSION
    """The job's own: a worker that knows less leaves the job alone."""

    def encode(self) -> Message[Any]:
        """The message as Dramatiq sends it."""
        return Message(
            queue_name=self.queue,
            actor_name=self.actor,
            args=(),
            kwargs={"job_id": str(self.job_id), "version": self.version},
            options={},
        )
