"""How much there is still to do, and how late it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.domain.jobs import OPEN, JobState


@dataclass(frozen=True, slots=True)
class Backlog:
    """Everything at one moment, by the database's clock; an age is zero where there is nothing to be old."""

    jobs: Mapping[JobState, int]
    """How many have not ended. Those that have are not counted: there are ever more of them."""
    oldest_waiting: timedelta
    """How long the job has been able to run that has waited longest."""
    sweeper_lag: timedelta
    """How long the lease has been over, or the ring due, that the sweeper should have seen to first."""
    oldest_result: timedelta
    database_bytes: int


NOTHING = Backlog(dict.fromkeys(OPEN, 0), timedelta(), timedelta(), timedelta(), 0)
