"""What every process tells of itself, and the kind of counter that the others lack."""

from collections.abc import Iterable
from enum import StrEnum
from importlib.metadata import version
from typing import Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    metrics,
)
from prometheus_client.multiprocess import MultiProcessCollector

from app.domain.jobs import JobState

Kind = TypeVar("Kind", bound=StrEnum)


class CounterBy(Generic[Kind]):
    """A counter with one label.

    All its values are there from the first scrape on: ``rate()`` does not see a counter's first step if
    that is when it comes into being.
    """

    def __init__(
        self, registry: CollectorRegistry, name: str, meaning: str, label: str, kinds: Iterable[Kind]
    ) -> None:
        counter = Counter(name, meaning, [label], registry=registry)
        self._counters = {kind: counter.labels(kind) for kind in kinds}

    def inc(self, kind: Kind, count: int = 1) -> None:
        """Count one more, or so many."""
        self._counters[kind].inc(count)


def jobs_ended(registry: CollectorRegistry, *states: JobState) -> CounterBy[JobState]:
    """Make the counter of jobs that a process brings to one of these final states."""
    meaning = "Jobs that this process brought to a final state"
    return CounterBy(registry, "taskoverflow_jobs_ended_total", meaning, "state", states)


def open_registry() -> CollectorRegistry:
    """Make a registry, with what the library knows of the process and the version of the code in it."""
    registry = _open()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def open_shared_registry() -> CollectorRegistry:
    """Make one with what all processes count that serve together; what it knows of each does not add up."""
    registry = _open()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _open() -> CollectorRegistry:
    # When each counter was made would be as many series again, and nobody reads them.
    metrics.disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    PlatformCollector(registry=registry)
    build = Info("taskoverflow_build", "The release that runs", registry=registry)
    build.info({"version": version("taskoverflow")})
    return registry
