"""Which fault of a soak comes when, and for how long: drawn from a seed, and from nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

_FIRST_SECONDS = 2.0
_LONGEST_GAP_SECONDS = 8.0
_LONGEST_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault of a soak."""

    at: float
    """Seconds from the start."""
    seconds: float
    fault: str
    worker: int
    """Which worker, where it hits one."""


def schedule(seed: int, seconds: float, faults: Sequence[str]) -> list[Injection]:
    """What is to be injected; what begins last still ends within the time. Faults may overlap."""
    random = Random(seed)
    injections = []
    at = _FIRST_SECONDS
    while at < seconds - _FIRST_SECONDS:
        lasts = min(random.uniform(0.1, _LONGEST_SECONDS), seconds - at)
        injections.append(Injection(at, lasts, random.choice(faults), random.randrange(2)))
        at += random.uniform(0.5, _LONGEST_GAP_SECONDS)
    return injections
