"""A request for a calendar, and its life."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.calendars import CalendarOptions
from app.domain.objects import S3Place
from app.domain.origins import NOBODY, Origin
from app.domain.owners import OwnerId

LONGEST_BACKOFF = timedelta(minutes=5)

CALENDAR_VERSION = 1
"""What a calendar that somebody asks for takes of a worker."""

FEED_VERSION = 2
"""What a feed's file takes: an older worker would not tell of what was deleted, or keep the file."""

JOB_VERSION = 2
"""What this release's workers know.

Goes up when an older worker would misread a message, or make another file than was asked for: such a worker
then leaves the job, with all its attempts, to newer ones.
"""

KEY_KEPT = timedelta(days=1)
"""For how long an idempotency key means the job that it was first sent for."""


class JobState(StrEnum):
    """Celery's states, with Celery's meanings."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"


WAITING = (JobState.PENDING, JobState.RETRY)
"""The states in which a job may be claimed."""

OPEN = (*WAITING, JobState.STARTED)
"""The states that may change; the others are final."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the todos that a job was asked for."""

    todos: int
    """How many were read."""
    skipped: int
    """How many of them the calendar could not show, for want of a deadline."""
    bytes: int
    """The size of the file."""


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where a job stands among its owner's, for good: the order in which they were asked for."""

    created_at: datetime
    job_id: UUID


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored."""

    id: UUID
    owner: OwnerId
    state: JobState
    options: CalendarOptions
    attempt: int
    created_at: datetime
    run_at: datetime
    """Not before this moment does the next attempt start."""
    ring_at: datetime
    """From this moment on its message is sent again, while it waits."""
    lease_until: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    progress: float
    """How much of it the running attempt has done, from 0 to 1; of a job that failed or was cancelled, how
    far it came."""
    counts: Counts | None
    digest: str | None
    """SHA-256 of the file in hexadecimal."""
    removed_at: datetime | None
    """When the file was removed after its time."""
    version: int
    """What a worker must know to make it; see ``JOB_VERSION``."""
    feed_id: UUID | None = None
    """The feed whose file it makes; None for a calendar that somebody asked for."""
    object_at: S3Place | None = None
    """Where its file is in S3; None of one that is in Postgres."""
    packed_bytes: int | None = None
    """How large its file is compressed; None if an earlier release has stored it as it is."""
    made_by: tuple[UUID, int] | None = None
    """The job whose file it ended with, and that one's attempt, where it made none itself."""

    @property
    def file(self) -> tuple[UUID, int]:
        """The job and the attempt that its file is stored under."""
        return self.made_by or (self.id, self.attempt)

    @property
    def place(self) -> JobPlace:
        """What a list goes on behind."""
        return JobPlace(self.created_at, self.id)


@dataclass(slots=True)
class Progress:
    """How far an attempt is."""

    done: int = 0
    total: int = 0
    """Zero until it is known."""

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one attempt at a job; ``attempt`` is the fencing token."""

    job_id: UUID
    owner: OwnerId
    options: CalendarOptions
    attempt: int
    created_at: datetime
    feed_id: UUID | None = None
    origin: Origin = NOBODY
    progress: Progress = field(default_factory=Progress, compare=False)
    """Moved on by who does the work; each heartbeat tells of it."""
    owned: int = 0
    """How many todos its owner had then."""
    twins: Sequence[UUID] = ()
    """Jobs that waited for the same file then."""


def backoff(first: timedelta, attempt: int) -> timedelta:
    """How long to wait after a failed attempt, counted from 1, before the next."""
    # Beyond 20 the product is over any limit, and further doubling would overflow.
    return min(first * (1 << min(attempt - 1, 20)), max(first, LONGEST_BACKOFF))
