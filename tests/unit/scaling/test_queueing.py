"""The model against what is known of queues without any simulation."""

import math

import pytest

from benchmarks.scaling.load import Phase
from benchmarks.scaling.simulation import Scenario, Simulation, Timing

HOURS = 20 * 3600.0
JOBS_A_SECOND = 1.0


def erlang_c(servers: int, load: float) -> float:
    """The chance that a job has to wait in an M/M/c queue, by Erlang's second formula."""
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    return full / (sum(load**free / math.factorial(free) for free in range(servers)) + full)


@pytest.mark.parametrize(("servers", "use"), [(1, 0.5), (3, 0.8), (10, 0.7)])
def test_waiting_is_as_long_as_erlang_says_and_as_little_says_it_must_be(servers: int, use: float) -> None:
    load = servers * use
    job_seconds = load / JOBS_A_SECOND
    steady = Scenario(
        [Phase(HOURS, JOBS_A_SECOND)], job_seconds, (servers, servers), Timing(start=60, metric_delay=60)
    )

    simulation = Simulation(steady, seed=7)
    simulation.run(HOURS)

    fleet = simulation.fleet
    waited = sum(wait.waited for wait in fleet.waits) / len(fleet.waits)
    chance = sum(wait.waited > 0 for wait in fleet.waits) / len(fleet.waits)
    expected = erlang_c(servers, load)
    assert chance == pytest.approx(expected, rel=0.03)
    assert waited == pytest.approx(expected * job_seconds / (servers - load), rel=0.08)
    # Little's law: the mean number of those who wait is their rate times how long each waits.
    rate = fleet.arrived / HOURS
    assert fleet.waiting.area(HOURS) / HOURS == pytest.approx(rate * waited, rel=0.001)
    assert fleet.busy.area(HOURS) / HOURS == pytest.approx(rate * job_seconds, rel=0.02)
