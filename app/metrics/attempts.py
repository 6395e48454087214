"""What a worker counts of its attempts at jobs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.domain.jobs import JobState
from app.metrics.registry import CounterBy

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)
"""From a calendar of a few todos to the longest that an attempt may take by default."""


class Outcome(StrEnum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    RETRY = "retry"
    FAILED = "failed"
    GIVEN_BACK = "given_back"
    FENCED = "fenced"
    """The job was another attempt's by then, or was cancelled."""
    UNWRITTEN = "unwritten"
    """Postgres could not be told how: the sweeper will take the job from it."""


class Write(StrEnum):
    """What an attempt writes, and is refused once it holds its job no more."""

    HEARTBEAT = "heartbeat"
    RESULT = "result"
    RETRY = "retry"
    FAILURE = "failure"
    GIVE_BACK = "give_back"


@dataclass(frozen=True, slots=True)
class AttemptMetrics:
    """How attempts end, how long they take, and what they were refused."""

    outcomes: CounterBy[Outcome]
    duration: Histogram
    fenced_writes: CounterBy[Write]
    heartbeat_failures: Counter
    jobs_ended: CounterBy[JobState]

    @classmethod
    def on(cls, registry: CollectorRegistry, jobs_ended: CounterBy[JobState]) -> Self:
        """Make them on a registry."""
        duration = Histogram(
            "taskoverflow_attempt_duration_seconds",
            "From the claim of a job to the end of the attempt, however it ended",
            buckets=_BUCKETS,
            registry=registry,
        )
        refused = "Writes refused because the attempt held its job no more"
        unanswered = "Heartbeats that Postgres did not take, or not in time"
        return cls(
            CounterBy(registry, "taskoverflow_attempts_total", "Attempts that ended", "outcome", Outcome),
            duration,
            CounterBy(registry, "taskoverflow_fenced_writes_total", refused, "write", Write),
            Counter("taskoverflow_heartbeat_failures_total", unanswered, registry=registry),
            jobs_ended,
        )

    def ended(self, outcome: Outcome, *, seconds: float) -> None:
        """Count an attempt, and its job if that ended with it."""
        self.outcomes.inc(outcome)
        self.duration.observe(seconds)
        if outcome is Outcome.SUCCEEDED:
            self.jobs_ended.inc(JobState.SUCCESS)
        elif outcome is Outcome.FAILED:
            self.jobs_ended.inc(JobState.FAILURE)
