"""What one API process counts."""

from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge

from app.domain.jobs import JobState
from app.metrics.registry import CounterBy, jobs_ended, open_registry
from app.metrics.requests import RequestMetrics
from app.metrics.sends import SendMetrics


@dataclass(frozen=True, slots=True)
class ApiMetrics:
    """Made where the API is wired together, and passed by hand."""

    registry: CollectorRegistry
    sends: SendMetrics
    jobs_accepted: Counter
    jobs_ended: CounterBy[JobState]
    requests: RequestMetrics
    waiting_clients: Gauge

    @classmethod
    def new(cls) -> Self:
        """Make them, all at zero."""
        registry = open_registry()
        accepted = Counter(
            "taskoverflow_jobs_accepted_total", "Jobs whose rows were stored", registry=registry
        )
        waiting = Gauge(
            "taskoverflow_waiting_clients",
            "Requests that wait for a task to change, streams of events among them",
            registry=registry,
        )
        return cls(
            registry,
            SendMetrics.on(registry),
            accepted,
            jobs_ended(registry, JobState.REVOKED),
            RequestMetrics.on(registry),
            waiting,
        )
