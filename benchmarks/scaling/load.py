"""When jobs are asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Phase:
    """Until when jobs come at a rate: so many a second on average, each independent of the others."""

    until: float
    rate: float


def arrivals(phases: Sequence[Phase], chance: Random) -> Iterator[float]:
    """The moments at which jobs come, in order."""
    begins = 0.0
    for phase in phases:
        moment = begins
        while phase.rate and (moment := moment + chance.expovariate(phase.rate)) < phase.until:
            yield moment
        begins = phase.until
