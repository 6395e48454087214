"""One run: jobs that come, tasks that work, and the scaling that watches."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.scaling.agenda import Agenda
from benchmarks.scaling.fleet import Fleet
from benchmarks.scaling.load import Phase, arrivals
from benchmarks.scaling.policies import Policy, Sample


@dataclass(frozen=True, slots=True)
class Timing:
    """How slow the machinery is, in seconds."""

    start: float
    """From a task's being wanted to its first job."""
    metric_delay: float
    """From the end of a minute to the scaling that follows from it."""
    period: float = 60.0


@dataclass(frozen=True, slots=True)
class Reclaim:
    """Spot takes back all tasks but the first ones, and has no others for a while."""

    at: float
    keeps: int
    none_for: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be run."""

    phases: Sequence[Phase]
    job_seconds: float
    """The mean of an exponential distribution: owners differ in how many todos they have."""
    tasks: tuple[int, int]
    """The fewest, which it begins with, and the most."""
    timing: Timing
    policies: Callable[[], Sequence[Policy]] = tuple
    reclaim: Reclaim | None = None
    tasks_served: float = math.inf
    """How many tasks that work at once Postgres can keep up with; more of them are each so much slower."""


@dataclass(slots=True)
class Simulation:
    """The same seed gives the same run, and the same arrivals whatever the policies."""

    scenario: Scenario
    seed: int
    fleet: Fleet = field(init=False)
    samples: list[Sample] = field(default_factory=list)
    agenda: Agenda = field(default_factory=Agenda)
    _arrivals: Iterator[float] = field(init=False)
    _policies: Sequence[Policy] = field(init=False)

    def __post_init__(self) -> None:
        scenario, services = self.scenario, Random(f"services {self.seed}")  # noqa: S311 - no secret is drawn

        def job_seconds() -> float:
            crowded = max(1.0, self.fleet.busy.now / scenario.tasks_served)
            return services.expovariate(1 / scenario.job_seconds) * crowded

        self.fleet = Fleet(self.agenda, job_seconds, scenario.timing.start)
        self.fleet.begin_with(scenario.tasks[0])
        self._arrivals = arrivals(scenario.phases, Random(f"arrivals {self.seed}"))  # noqa: S311 - the same
        self._policies = scenario.policies()
        self._plan_arrival()
        self.agenda.after(scenario.timing.period, lambda: self._sample(0.0, 0.0))
        if scenario.reclaim is not None:
            self.agenda.at(scenario.reclaim.at, self._reclaim)

    def run(self, until: float) -> None:
        """Go on until then."""
        self.agenda.run(until)

    def _plan_arrival(self) -> None:
        if (moment := next(self._arrivals, None)) is not None:
            self.agenda.at(moment, self._arrive)

    def _arrive(self) -> None:
        self.fleet.ask()
        self._plan_arrival()

    def _reclaim(self) -> None:
        if (reclaim := self.scenario.reclaim) is not None:
            self.fleet.lose(self.fleet.running.now - reclaim.keeps, none_for=reclaim.none_for)

    def _sample(self, busy_before: float, running_before: float) -> None:
        fleet, now, timing = self.fleet, self.agenda.now, self.scenario.timing
        busy, running = fleet.busy.area(now), fleet.running.area(now)
        used = min(busy - busy_before, timing.period * self.scenario.tasks_served)
        cpu = 100 * used / max(running - running_before, 1.0)
        self.samples.append(Sample(now, fleet.waiting.now, fleet.running.now, fleet.oldest, cpu))
        seen = len(self.samples)
        self.agenda.after(timing.metric_delay, lambda: self._scale(self.samples[max(0, seen - 15) : seen]))
        self.agenda.after(timing.period, lambda: self._sample(busy, running))

    def _scale(self, seen: Sequence[Sample]) -> None:
        """The policy that wants most has its way; fewer tasks there are only if none wants more."""
        fewest, most = self.scenario.tasks
        now = self.fleet.desired
        wanted = [policy.wanted(seen, now) for policy in self._policies] or [now]
        self.fleet.want(min(max(max(wanted) if max(wanted) > now else min(wanted), fewest), most))
