"""One task and all that happened to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from app.api.models import TaskStatus
from app.api.urls import Links
from app.domain.events import TOLD_TO_CLIENTS, EventKind, JobEvent
from app.domain.jobs import Job

_ACCEPTED = "accepted"
_KINDS = ", ".join(f"`{kind}`" for kind in (_ACCEPTED, *EventKind))


class TaskEvent(BaseModel):
    """One thing that happened to a task."""

    at: Annotated[datetime, Field(examples=["2026-11-24T08:30:00Z"])]
    attempt: Annotated[int, Field(description="The latest attempt by then; 0 before the first.")]
    # No enumeration: a client that was generated from this one would break on what a later release tells.
    kind: Annotated[str, Field(description=f"One of {_KINDS}; more may follow.", examples=["claimed"])]
    detail: Annotated[
        str | SkipJsonSchema[None],
        Field(description="More of it, for people.", examples=["todos: 82, bytes: 30412"]),
    ] = None


class TaskDetails(TaskStatus):
    """How far a calendar is, and how it came there."""

    timeline: Annotated[list[TaskEvent], Field(description="What happened, in order.")]

    @classmethod
    def of_history(cls, job: Job, events: Sequence[JobEvent], links: Links) -> Self:
        """Show a job with its timeline."""
        timeline = [event for _, event in numbered_timeline(job, events)]
        return cls(**TaskStatus.of(job, links).model_dump(), timeline=timeline)


def numbered_timeline(job: Job, events: Sequence[JobEvent]) -> Iterator[tuple[int, TaskEvent]]:
    """What happened to a job, in order, each with a number that is higher than the one before."""
    # That it was accepted is what the row itself says.
    yield 0, TaskEvent(at=job.created_at, attempt=0, kind=_ACCEPTED)
    for event in events:
        detail = event.detail if event.kind in TOLD_TO_CLIENTS else None
        yield event.id, TaskEvent(at=event.at, attempt=event.attempt, kind=event.kind, detail=detail)
