"""Jobs as rows of a table and as JSON."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.cli.operating.text import on_one_line, short, span
from app.domain.jobs import WAITING, Job

HEADERS = ("id", "state", "attempt", "age", "time", "error")

_ERROR_LENGTH = 60


def row(job: Job, now: datetime) -> tuple[str, ...]:
    """What is worth a column, at a time by the database's clock."""
    error = short(on_one_line(job.error or ""), _ERROR_LENGTH)
    age = span(now - job.created_at)
    return (str(job.id), job.state, str(job.attempt), age, _time(job, now), error)


def as_json(job: Job) -> dict[str, Any]:
    """All that is stored, under the names of the columns."""
    known = asdict(job)
    counts = known.pop("counts") or {"todos": None, "skipped": None, "bytes": None}
    return {**known, **counts, "options": job.options.to_json()}


def _time(job: Job, now: datetime) -> str:
    """How long the job has been waiting, running, or took from its first attempt to its end."""
    if job.state in WAITING:
        if job.run_at > now:
            return f"due in {span(job.run_at - now)}"
        return f"waits {span(now - job.run_at)}"
    if job.started_at is None:
        return ""
    if job.finished_at is None:
        return f"runs {span(now - job.started_at)}"
    return f"took {span(job.finished_at - job.started_at)}"
