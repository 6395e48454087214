"""What an operator sees of the jobs, and when it was so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.events import JobEvent
from app.domain.jobs import Job, JobState


@dataclass(frozen=True, slots=True)
class JobList:
    """Some jobs, newest first."""

    now: datetime
    """By the database's clock, which all ages are counted by."""
    jobs: Sequence[Job]


@dataclass(frozen=True, slots=True)
class JobHistory:
    """All that is known of one job."""

    now: datetime
    job: Job
    events: Sequence[JobEvent]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How much there is to do, and what was asked for last."""

    now: datetime
    counts: Mapping[JobState, int]
    waiting_since: datetime | None
    """Since when the job has been waiting that has been able to run for longest."""
    newest: Sequence[Job]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that could run now."""

    job_id: UUID
    since: datetime
    version: int
    """What a worker must know to make it."""
