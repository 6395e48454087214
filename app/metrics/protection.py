"""What a worker counts of its protection from being stopped."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from prometheus_client import CollectorRegistry, Gauge

from app.metrics.registry import CounterBy


class Asked(StrEnum):
    """What became of asking for protection, or for its end."""

    PROTECTED = "protected"
    RELEASED = "released"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ProtectionMetrics:
    """How often ECS was asked, and whether it protects this task, as far as it said so."""

    asked: CounterBy[Asked]
    protected: Gauge

    @classmethod
    def on(cls, registry: CollectorRegistry) -> Self:
        """Make them on a registry."""
        meaning = "Times that ECS was asked to protect this task from being stopped, or to end that"
        protected = Gauge(
            "taskoverflow_task_protected",
            "1 while ECS protects this task from being stopped, as far as it said so",
            registry=registry,
        )
        return cls(
            CounterBy(registry, "taskoverflow_task_protection_requests_total", meaning, "outcome", Asked),
            protected,
        )
