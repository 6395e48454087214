"""What makes tasks more or fewer: what AWS does with the policies of infra/modules/service."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sample:
    """What CloudWatch hears of one minute."""

    at: float
    waiting: int
    running: int
    oldest: float
    cpu: float
    """How much of the running tasks' CPU was used in the minute before, in percent."""


class Policy(Protocol):
    """Says how many tasks it wants, having seen these samples, the newest last."""

    def wanted(self, seen: Sequence[Sample], desired: int) -> int: ...


def backlog(sample: Sample) -> float:
    """Messages that wait for each running task: the metric of ``worker_backlog``."""
    return sample.waiting / max(sample.running, 1)


def cpu(sample: Sample) -> float:
    """ECSServiceAverageCPUUtilization: the metric of ``worker_cpu``."""
    return sample.cpu


@dataclass(slots=True)
class TargetTracking:
    """Keeps a metric near a target.

    Out at once, in proportion, after three minutes above it; in by one task, after fifteen minutes more than
    a tenth below it: AWS says only that it is gradual. What was added and has not started yet counts, which
    is what the cool-down for scaling out is for, and so there is none here.
    """

    metric: Callable[[Sample], float]
    target: float
    scale_in_cooldown: float = 300.0
    minutes_above: int = 3
    minutes_below: int = 15
    _last_change: float = -math.inf

    def wanted(self, seen: Sequence[Sample], desired: int) -> int:
        newest = seen[-1]
        wanted = desired
        if self._all(seen, self.minutes_above, lambda value: value > self.target):
            wanted = max(desired, math.ceil(newest.running * self.metric(newest) / self.target))
        elif newest.at - self._last_change >= self.scale_in_cooldown and self._all(
            seen, self.minutes_below, lambda value: value < 0.9 * self.target
        ):
            wanted = desired - 1
        if wanted != desired:
            self._last_change = newest.at
        return wanted

    def _all(self, seen: Sequence[Sample], minutes: int, holds: Callable[[float], bool]) -> bool:
        return len(seen) >= minutes and all(holds(self.metric(sample)) for sample in seen[-minutes:])


@dataclass(frozen=True, slots=True)
class Late:
    """Adds a task each minute in which a message is late, two if it is twice as late: ``worker_late``."""

    after: float

    def wanted(self, seen: Sequence[Sample], desired: int) -> int:
        lateness = seen[-1].oldest / self.after
        return desired + min(int(lateness), 2)
