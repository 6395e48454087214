"""What one worker process counts, its sweeper included."""

from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry

from app.domain.jobs import JobState
from app.metrics.attempts import AttemptMetrics
from app.metrics.protection import ProtectionMetrics
from app.metrics.registry import jobs_ended, open_registry
from app.metrics.sends import SendMetrics
from app.metrics.sweeps import SweepMetrics


@dataclass(frozen=True, slots=True)
class WorkerMetrics:
    """Made where the worker is wired together, and passed by hand."""

    registry: CollectorRegistry
    sends: SendMetrics
    attempts: AttemptMetrics
    sweeps: SweepMetrics
    protection: ProtectionMetrics

    @classmethod
    def new(cls) -> Self:
        """Make them, all at zero."""
        registry = open_registry()
        ended = jobs_ended(registry, JobState.SUCCESS, JobState.FAILURE)
        return cls(
            registry,
            SendMetrics.on(registry),
            AttemptMetrics.on(registry, ended),
            SweepMetrics.on(registry, ended),
            ProtectionMetrics.on(registry),
        )
