"""What the variables of infra/ should be for a burst, by the model."""

import math
from dataclasses import dataclass

from benchmarks.scaling.bursts import FOLD, USUAL_USE, job_seconds
from benchmarks.scaling.figures import Aws, Costs
from benchmarks.scaling.stack import Stack

SPARE = 1.5
"""So much more than the burst brings, to be rid of what piled up before tasks came."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A variable, its default, and what it should be."""

    variable: str
    default: str
    better: str
    why: str


def advice(costs: Costs, aws: Aws, stack: Stack, todos: int) -> list[Advice]:
    """For jobs of so many todos."""
    seconds = job_seconds(costs, aws, stack, todos)
    most = math.ceil(USUAL_USE * FOLD * SPARE)
    vcpus = math.ceil(USUAL_USE * FOLD / seconds * costs.database(todos) / aws.core_per_vcpu)
    fewer_threads = Stack(worker_threads=2)
    a_minute = 60 * stack.api_cpu_target / 100 * stack.api_vcpu * aws.core_per_vcpu
    requests = a_minute / max(costs.api_per_post, costs.api_per_status)
    return [
        Advice("`job_seconds`", f"{stack.job_seconds:g}", f"{seconds:.2g}", f"for {todos:,} todos"),
        Advice("`job_latency_seconds`", f"{stack.job_latency_seconds:g}", "60", "less brings nothing"),
        Advice(
            "`worker_tasks.max`", f"{stack.worker_tasks[1]}", f"{most}", "the burst's work, and half as much"
        ),
        Advice(
            "`database_class`", f"{aws.database_vcpus:g} vCPU", f"{vcpus} vCPU", "the same work, on Postgres"
        ),
        Advice(
            "`worker_threads`", f"{stack.worker_threads}", "2", "the CPU is one thread's; fewer connections"
        ),
        Advice(
            "`database_max_connections`",
            f"{stack.database_max_connections}",
            f"{_rounded_up(fewer_threads.connections(most))}",
            "for so many tasks of two threads",
        ),
        Advice(
            "`api_requests_target`",
            f"{stack.api_requests_target:g}",
            f"{_rounded_down(requests)}",
            "what `api_cpu_target` comes to",
        ),
    ]


def _rounded_up(value: float) -> int:
    return math.ceil(value / 50) * 50


def _rounded_down(value: float) -> int:
    return int(value // 1000) * 1000
