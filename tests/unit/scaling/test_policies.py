"""What makes tasks more and fewer, minute by minute."""

import pytest

from benchmarks.scaling.policies import Late, Sample, TargetTracking, backlog, cpu


def minutes(*waiting: int, running: int = 2, oldest: float = 0.0) -> list[Sample]:
    return [Sample(60.0 * n, jobs, running, oldest, cpu=100) for n, jobs in enumerate(waiting, start=1)]


def test_three_minutes_above_the_target_bring_as_many_tasks_as_the_backlog_needs() -> None:
    tracking = TargetTracking(backlog, target=60)

    assert tracking.wanted(minutes(500, 500), desired=2) == 2
    assert tracking.wanted(minutes(120, 500, 500), desired=2) == 2
    assert tracking.wanted(minutes(500, 500, 601), desired=2) == 11


def test_tasks_that_still_start_are_not_asked_for_again() -> None:
    tracking = TargetTracking(backlog, target=60)

    assert tracking.wanted(minutes(500, 500, 601, running=2), desired=11) == 11
    assert tracking.wanted(minutes(500, 500, 301, running=2), desired=11) == 11


def test_fifteen_minutes_well_below_the_target_take_one_task_and_the_next_after_the_cool_down() -> None:
    tracking = TargetTracking(backlog, target=60, scale_in_cooldown=300)
    quiet = [0] * 30

    assert tracking.wanted(minutes(*quiet[:14]), desired=9) == 9
    assert tracking.wanted(minutes(*quiet[:14], 109), desired=9) == 9
    assert tracking.wanted(minutes(*quiet[:15]), desired=9) == 8
    assert tracking.wanted(minutes(*quiet[:19]), desired=8) == 8
    assert tracking.wanted(minutes(*quiet[:20]), desired=8) == 7


def test_after_tasks_came_none_goes_before_the_cool_down() -> None:
    tracking = TargetTracking(backlog, target=60, scale_in_cooldown=300)
    many = minutes(*[0] * 11, 500, 500, 500)

    assert tracking.wanted(many, desired=2) == 9
    assert tracking.wanted(minutes(*[0] * 18), desired=9) == 9
    assert tracking.wanted(minutes(*[0] * 19), desired=9) == 8


def test_full_tasks_are_doubled_by_a_target_of_half_their_cpu() -> None:
    assert TargetTracking(cpu, target=50).wanted(minutes(1, 1, 1, running=3), desired=3) == 6


@pytest.mark.parametrize(("oldest", "more"), [(0, 0), (59, 0), (60, 1), (119, 1), (120, 2), (3600, 2)])
def test_a_late_message_brings_a_task_and_one_twice_as_late_two(oldest: float, more: int) -> None:
    assert Late(after=60).wanted(minutes(1, oldest=oldest), desired=3) == 3 + more
