"""From a row of the table of jobs to a job."""

from typing import Any

from app.domain.calendars import CalendarOptions
from app.domain.jobs import WAITING, Counts, Job, JobState
from app.domain.objects import parse_s3_url


def read_job(row: Any) -> Job:  # noqa: ANN401 - SQLAlchemy's, or one with the same names
    """The job in a row of its table."""
    counts = None if row.bytes is None else Counts(row.todos, row.skipped, row.bytes)
    state = JobState(row.state)
    return Job(
        id=row.id,
        owner=row.owner_id,
        state=state,
        options=CalendarOptions.from_json(row.options),
        attempt=row.attempt,
        created_at=row.created_at,
        run_at=row.run_at,
        ring_at=row.ring_at,
        lease_until=row.lease_until,
        started_at=row.started_at,
        finished_at=row.finished_at,
        error=row.error,
        progress=_progress(state, row.progress),
        counts=counts,
        digest=row.digest,
        removed_at=row.removed_at,
        version=row.version,
        feed_id=row.feed_id,
        object_at=None if row.object_url is None else parse_s3_url(row.object_url),
        packed_bytes=row.packed_bytes,
        made_by=None if row.result_of is None else (row.result_of, row.result_attempt),
    )


def _progress(state: JobState, stored: float) -> float:
    # What the column says is of the latest attempt, which the next one does not go on from.
    if state in WAITING:
        return 0.0
    return 1.0 if state is JobState.SUCCESS else stored
