"""What a sweeper counts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from prometheus_client import CollectorRegistry, Counter

from app.domain.jobs import JobState
from app.metrics.registry import CounterBy


class Sweep(StrEnum):
    """What became of one round of one of a sweeper's duties: to rescue and ring, or to remove what is old."""

    DONE = "done"
    """By this sweeper, or by another that was at it already."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SweepMetrics:
    """How sweeps go, and what they found to do."""

    outcomes: CounterBy[Sweep]
    rescues: CounterBy[JobState]
    results_removed: Counter
    jobs_forgotten: Counter
    feed_renders: Counter
    jobs_ended: CounterBy[JobState]

    @classmethod
    def on(cls, registry: CollectorRegistry, jobs_ended: CounterBy[JobState]) -> Self:
        """Make them on a registry."""
        rescued = "Jobs taken from attempts whose lease had ended, by what they became"
        removed = "Calendars removed after their time"
        forgotten = "Jobs deleted after their time"
        asked = "Renders of feeds that the sweeper asked for, since todos had changed"
        became = (JobState.RETRY, JobState.FAILURE)
        return cls(
            CounterBy(registry, "taskoverflow_sweeps_total", "Sweeps", "outcome", Sweep),
            CounterBy(registry, "taskoverflow_rescues_total", rescued, "state", became),
            Counter("taskoverflow_results_removed_total", removed, registry=registry),
            Counter("taskoverflow_jobs_forgotten_total", forgotten, registry=registry),
            Counter("taskoverflow_feed_renders_total", asked, registry=registry),
            jobs_ended,
        )

    def rescued(self, state: JobState) -> None:
        """Count a job that was taken from its attempt, and that ended if no attempt was left."""
        self.rescues.inc(state)
        if state is JobState.FAILURE:
            self.jobs_ended.inc(state)
