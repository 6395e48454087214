"""What happened to a job, one thing after the other."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EventKind(StrEnum):
    """What may happen to a job after it was accepted."""

    CLAIMED = "claimed"
    """An attempt started; the detail says on which worker."""
    SUCCEEDED = "succeeded"
    RETRY = "retry"
    """An attempt failed, and another will follow."""
    FAILED = "failed"
    """The last attempt failed, or died."""
    GIVEN_BACK = "given_back"
    """The attempt was stopped with its worker, and another will follow."""
    LEASE_ENDED = "lease_ended"
    """The worker died or stalled, and another attempt will follow."""
    CANCELLED = "cancelled"
    RUN_NOW = "run_now"
    """An operator ended the wait for the next attempt."""
    COPIED = "copied"
    """An operator made the job in place of one that had ended; the detail says of which."""


TOLD_TO_CLIENTS = frozenset(
    {EventKind.SUCCEEDED, EventKind.RETRY, EventKind.FAILED, EventKind.GIVEN_BACK, EventKind.LEASE_ENDED}
)
"""The kinds whose detail is written for clients too; that of others may name hosts, or what operators do."""


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's timeline."""

    job_id: UUID
    at: datetime
    attempt: int
    """The attempt that was the latest by then; 0 before the first."""
    kind: str
    """An ``EventKind``, or what a newer release has added to them."""
    detail: str | None
    id: int
    """Goes up along the timeline of one job."""
