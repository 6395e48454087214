"""What must hold of every run, whatever the policies do."""

from dataclasses import replace
from functools import partial

import pytest

from benchmarks.scaling.agenda import Agenda
from benchmarks.scaling.load import Phase
from benchmarks.scaling.policies import Late, TargetTracking, backlog, cpu
from benchmarks.scaling.simulation import Reclaim, Scenario, Simulation, Timing

BURST = Scenario(
    phases=[Phase(600, 0.3), Phase(1500, 15.0), Phase(6000, 0.3)],
    job_seconds=1.0,
    tasks=(1, 30),
    timing=Timing(start=55, metric_delay=60),
)
BY_BACKLOG = replace(BURST, policies=lambda: [TargetTracking(backlog, 60), Late(60)])
BY_CPU = replace(BURST, policies=lambda: [TargetTracking(cpu, 50)])
ON_SPOT = replace(BY_BACKLOG, reclaim=Reclaim(at=1200, keeps=1, none_for=300))
SCENARIOS = [BURST, BY_BACKLOG, BY_CPU, ON_SPOT]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("seed", [1, 2])
def test_at_every_moment_no_job_is_lost_and_no_task_idles_beside_a_job_that_waits(
    scenario: Scenario, seed: int
) -> None:
    simulation = Simulation(scenario, seed)
    fleet, (fewest, most) = simulation.fleet, scenario.tasks

    for moment in range(0, 6000, 7):
        simulation.run(moment)

        assert fleet.arrived == fleet.done + fleet.busy.now + fleet.waiting.now
        assert len(fleet.waits) == fleet.done + fleet.busy.now
        assert fewest <= fleet.desired <= most
        assert 0 <= fleet.busy.now <= fleet.running.now
        assert not fleet.waiting.now or fleet.busy.now == fleet.running.now
        assert fleet.starting.now >= 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_seed_gives_the_same_run_again_and_another_seed_another(scenario: Scenario) -> None:
    runs = [Simulation(scenario, seed) for seed in (3, 3, 4)]

    for run in runs:
        run.run(6000)

    assert runs[0].fleet.waits == runs[1].fleet.waits
    assert runs[0].samples == runs[1].samples
    assert runs[0].fleet.waits != runs[2].fleet.waits


def test_policies_change_nothing_about_when_jobs_come() -> None:
    runs = [Simulation(scenario, 5) for scenario in SCENARIOS]

    for run in runs:
        run.run(6000)

    come = [sorted(wait.arrived for wait in run.fleet.waits) for run in runs]
    assert come[1] == come[2] == come[3]
    assert come[0] == come[1][: len(come[0])]


def test_jobs_are_begun_in_the_order_in_which_they_came() -> None:
    simulation = Simulation(ON_SPOT, 1)
    simulation.run(6000)

    come = [wait.arrived for wait in simulation.fleet.waits]
    assert come == sorted(come)


@pytest.mark.parametrize("scenario", [BY_BACKLOG, BY_CPU])
def test_tasks_come_with_the_burst_and_go_after_it(scenario: Scenario) -> None:
    simulation = Simulation(replace(scenario, phases=[*BURST.phases[:-1], Phase(20000, 0.3)]), 1)
    simulation.run(20000)

    assert max(sample.running for sample in simulation.samples) > 10
    assert simulation.fleet.desired == simulation.fleet.running.now == 1


def test_what_spot_takes_it_gives_back_later() -> None:
    simulation = Simulation(ON_SPOT, 1)

    simulation.run(1199)
    before = simulation.fleet.running.now
    simulation.run(1260)
    meanwhile = simulation.fleet.running.now, simulation.fleet.starting.now
    simulation.run(1200 + 300 + 56)

    assert before > 1
    assert meanwhile == (1, 0)
    assert simulation.fleet.running.now >= before


def test_no_task_stops_in_the_middle_of_its_job() -> None:
    simulation = Simulation(BURST, 1)
    simulation.run(900)
    fleet = simulation.fleet
    fleet.want(5)
    simulation.run(960)
    working = fleet.busy.now

    fleet.want(1)

    assert working == fleet.busy.now == fleet.running.now == 5
    simulation.run(990)
    assert fleet.running.now == 1


def test_where_postgres_serves_two_tasks_more_of_them_make_no_more_jobs() -> None:
    steady = Scenario([Phase(2000, 20.0)], 1.0, (2, 2), Timing(start=55, metric_delay=60), tasks_served=2)
    done = []
    for tasks in (2, 10):
        simulation = Simulation(replace(steady, tasks=(tasks, tasks)), 1)
        simulation.run(2000)
        done.append(simulation.fleet.done)

    assert done[0] == pytest.approx(4000, rel=0.05)
    assert done[1] == pytest.approx(done[0], rel=0.05)


def test_tasks_that_are_no_longer_wanted_do_not_come_when_spot_is_back() -> None:
    simulation = Simulation(BURST, 1)
    fleet = simulation.fleet
    fleet.want(8)
    simulation.run(100)
    fleet.lose(6, none_for=300)

    fleet.want(10)
    fleet.want(5)
    simulation.run(500)

    assert fleet.running.now == fleet.desired == 5
    assert fleet.starting.now == 0


def test_what_happens_at_the_same_time_happens_in_the_order_of_planning() -> None:
    agenda, seen = Agenda(), list[str]()
    for name in "first", "second":
        agenda.at(5, partial(seen.append, name))
    agenda.at(1, lambda: agenda.after(4, partial(seen.append, "third")))

    agenda.run(4.9)
    before = list(seen)
    agenda.run(5)

    assert (before, seen) == ([], ["first", "second", "third"])
