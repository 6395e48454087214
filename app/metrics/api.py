"""What one API process counts."""

from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge

from app.domain.jobs import JobState
from app.metrics.registry import CounterBy, jobs_ended, open_registry, open_shared_registry
from app.metrics.requests import RequestMetrics
from app.metrics.sends import SendMetrics


@dataclass(frozen=True, slots=True)
class ApiMetrics:
    """Made where the API is wired together, and passed by hand."""

    registry: CollectorRegistry
    """What a scraper is told."""
    sends: SendMetrics
    jobs_accepted: Counter
    jobs_ended: CounterBy[JobState]
    requests: RequestMetrics
    waiting_clients: Gauge

    @classmethod
    def new(cls, *, together: bool = False) -> Self:
        """Make them, all at zero; ``together`` with the other processes that serve the port."""
        told = registry = open_registry()
        if together:
            # Of its own it tells what it reads in its file, as it does of the others'.
            told, registry = open_shared_registry(), CollectorRegistry()
        accepted = Counter(
            "taskoverflow_jobs_accepted_total", "Jobs whose rows were stored", registry=registry
        )
        waiting = Gauge(
            "taskoverflow_waiting_clients",
            "Requests that wait for a task to change, streams of events among them",
            registry=registry,
            multiprocess_mode="livesum",
        )
        return cls(
            told,
            SendMetrics.on(registry),
            accepted,
            jobs_ended(registry, JobState.REVOKED),
            RequestMetrics.on(registry),
            waiting,
        )
