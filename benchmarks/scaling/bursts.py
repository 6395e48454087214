"""What becomes of jobs when fifty times as many come, by what makes workers more."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.scaling.figures import Aws, Costs
from benchmarks.scaling.load import Phase
from benchmarks.scaling.policies import Late, Policy, TargetTracking, backlog, cpu
from benchmarks.scaling.simulation import Reclaim, Scenario, Simulation, Timing
from benchmarks.scaling.stack import Stack

TODOS = 100_000
"""Long jobs, since there are fewer to reckon with: the same work in shorter ones waits as long."""
USUAL_USE = 0.2
"""How much of one task is in use before the burst, and after it."""
FOLD = 50
BEGINS, ENDS, OVER = 1230.0, 1830.0, 3 * 3600.0
SEED = 7


@dataclass(frozen=True, slots=True)
class Setting:
    """A way to scale, and what the table calls it."""

    name: str
    stack: Stack
    by: str = "backlog"
    spot_is_gone_for: float = 0.0
    tasks_served: float = math.inf


@dataclass(slots=True)
class Burst:
    """What was seen of one setting."""

    setting: Setting
    run: Simulation
    waits: list[float] = field(init=False)
    """How long the jobs of the burst waited, shortest first."""

    def __post_init__(self) -> None:
        self.waits = sorted(wait.waited for wait in self.run.fleet.waits if BEGINS <= wait.arrived < ENDS)

    def waited(self, part: float) -> float:
        """How long the part of the jobs waited that waited least, at most."""
        return self.waits[min(int(part * len(self.waits)), len(self.waits) - 1)]

    @property
    def most_tasks(self) -> int:
        return max(sample.running for sample in self.run.samples)

    def tasks_after(self, minutes: int) -> int:
        """How many tasks ran so long after the burst began."""
        return next(s.running for s in self.run.samples if s.at >= BEGINS + 60 * minutes)

    @property
    def minutes_to_drain(self) -> float | None:
        """From the end of the burst until hardly a job waits; None if that is not reached."""
        few = USUAL_USE * 10
        moments = (s.at for s in self.run.samples if s.at > ENDS and s.waiting < few)
        return next(((at - ENDS) / 60 for at in moments), None)

    @property
    def task_hours(self) -> float:
        """What Fargate charges for, of the hours that were looked at."""
        fleet = self.run.fleet
        return (fleet.running.area(OVER) + fleet.starting.area(OVER)) / 3600


def job_seconds(costs: Costs, aws: Aws, stack: Stack, todos: int) -> float:
    """How long one worker task takes for a job: the variable of that name, as it should be."""
    return costs.worker(todos) / (stack.worker_vcpu * aws.core_per_vcpu)


def settings(seconds: float, served: float) -> Iterator[Setting]:
    """What is compared, where a job really takes so long, and the default database serves so many tasks."""
    many = Stack(worker_tasks=(1, 20), job_seconds=seconds)
    yield Setting("no scaling", Stack(worker_tasks=(1, 1)), by="nothing")
    yield Setting("the defaults of `infra/`", Stack())
    yield Setting("as many tasks as the burst has work for: `max` 10", replace(many, worker_tasks=(1, 10)))
    for latency in (15, 60, 120, 300):
        stack = replace(many, job_latency_seconds=latency)
        yield Setting(f"`max` 20, `job_latency_seconds` {latency}", stack)
    yield Setting("`max` 20, `min` 2", replace(many, worker_tasks=(2, 20)))
    yield Setting("`max` 20, `min` 4", replace(many, worker_tasks=(4, 20)))
    yield Setting("`max` 20, after one minute of it, not three", many, by="backlog of a minute")
    yield Setting("`max` 20, by CPU: 50%", many, by="cpu")
    yield Setting("`max` 20, by CPU: 20%", replace(many, worker_cpu_target=20), by="cpu")
    yield Setting("`max` 20 on Spot, all of it gone for 5 minutes", many, spot_is_gone_for=300.0)
    yield Setting("`max` 20 with the default `database_class`", many, tasks_served=served)


def bursts(costs: Costs, aws: Aws) -> list[Burst]:
    """Run them all."""
    seconds = job_seconds(costs, aws, Stack(), TODOS)
    served = aws.database_vcpus * aws.core_per_vcpu * seconds / costs.database(TODOS)
    return [Burst(setting, _run(setting, seconds, aws)) for setting in settings(seconds, served)]


def _run(setting: Setting, seconds: float, aws: Aws) -> Simulation:
    usual = USUAL_USE / seconds
    gone = setting.spot_is_gone_for
    scenario = Scenario(
        phases=[Phase(BEGINS, usual), Phase(ENDS, usual * FOLD), Phase(OVER, usual)],
        job_seconds=seconds,
        tasks=setting.stack.worker_tasks,
        timing=Timing(aws.start_seconds, aws.metric_delay_seconds),
        policies=lambda: _policies(setting),
        reclaim=Reclaim(at=(BEGINS + ENDS) / 2, keeps=1, none_for=gone) if gone else None,
        tasks_served=setting.tasks_served,
    )
    simulation = Simulation(scenario, SEED)
    simulation.run(OVER)
    return simulation


def _policies(setting: Setting) -> Sequence[Policy]:
    stack = setting.stack
    match setting.by:
        case "backlog":
            return TargetTracking(backlog, stack.messages_per_task), Late(stack.late_after_seconds)
        case "backlog of a minute":
            return (TargetTracking(backlog, stack.messages_per_task, minutes_above=1),)
        case "cpu":
            return (TargetTracking(cpu, stack.worker_cpu_target),)
        case _:
            return ()
