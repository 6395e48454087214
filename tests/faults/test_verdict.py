"""A table of zeros means something only if each invariant, once broken, is seen to be."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.domain.events import EventKind, JobEvent
from app.domain.jobs import JobState
from tests.faults.verdict import Evidence, Outcome, Verdict, judge

JOB = UUID(int=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLAIMED, SUCCEEDED, FAILED = EventKind.CLAIMED, EventKind.SUCCEEDED, EventKind.FAILED


def verdict(
    *timeline: tuple[int, EventKind],
    state: JobState = JobState.SUCCESS,
    attempt: int = 1,
    chunks: tuple[int, ...] = (1,),
    accepted: tuple[UUID, ...] = (JOB,),
    finished_at: datetime | None = NOON + SECOND,
) -> Verdict:
    """What is said of one job, which was asked for a second before the fault's end at noon."""
    evidence = Evidence(
        accepted,
        [Outcome(JOB, state, attempt, NOON - SECOND, finished_at)],
        [JobEvent(JOB, NOON, number, kind, None, place) for place, (number, kind) in enumerate(timeline)],
        [(JOB, number) for number in chunks],
    )
    return judge(evidence, max_attempts=3, ended_at=NOON)


def blamed(said: Verdict) -> set[str]:
    return {line.split()[1].rstrip(":") for line in said.violations()}


def test_a_job_that_ended_in_order_breaks_nothing() -> None:
    said = verdict((1, CLAIMED), (1, SUCCEEDED))
    assert not list(said.violations())
    assert (said.accepted, said.final, said.slowest) == (1, 1, SECOND)


def test_a_job_that_took_three_attempts_and_failed_breaks_nothing() -> None:
    lease_ended = EventKind.LEASE_ENDED
    timeline = (1, CLAIMED), (1, lease_ended), (2, CLAIMED), (2, lease_ended), (3, CLAIMED), (3, FAILED)
    assert not list(verdict(*timeline, state=JobState.FAILURE, attempt=3, chunks=()).violations())


def test_a_job_that_was_cancelled_before_its_first_attempt_breaks_nothing() -> None:
    said = verdict((0, EventKind.CANCELLED), state=JobState.REVOKED, attempt=0, chunks=())
    assert not list(said.violations())


def test_an_accepted_job_without_a_row_is_lost() -> None:
    said = verdict((1, CLAIMED), (1, SUCCEEDED), accepted=(JOB, UUID(int=2)))
    assert said.lost == {UUID(int=2)}
    assert (said.accepted, said.final) == (2, 1)


def test_two_results_are_duplicated() -> None:
    assert "duplicated" in blamed(verdict((1, CLAIMED), (1, SUCCEEDED), (1, SUCCEEDED)))


@pytest.mark.parametrize(("state", "kind"), [(JobState.SUCCESS, SUCCEEDED), (JobState.FAILURE, FAILED)])
def test_bytes_of_an_attempt_that_does_not_count_are_duplicated(state: JobState, kind: EventKind) -> None:
    timeline = (1, CLAIMED), (1, EventKind.LEASE_ENDED), (2, CLAIMED), (2, kind)
    assert blamed(verdict(*timeline, state=state, attempt=2, chunks=(1,))) == {"duplicated"}


@pytest.mark.parametrize("kind", [CLAIMED, FAILED, EventKind.RETRY, EventKind.CANCELLED])
def test_whatever_happens_after_the_end_is_a_change(kind: EventKind) -> None:
    assert "changed" in blamed(verdict((1, CLAIMED), (1, SUCCEEDED), (1, kind)))


def test_an_end_without_an_event_is_a_change() -> None:
    assert blamed(verdict((1, CLAIMED))) == {"changed"}


def test_an_end_that_was_taken_back_without_an_event_is_a_change() -> None:
    said = verdict((1, CLAIMED), (1, SUCCEEDED), state=JobState.RETRY, chunks=(), finished_at=None)
    assert blamed(said) == {"changed", "stuck"}


def test_one_attempt_with_two_holders_is_a_change() -> None:
    assert blamed(verdict((1, CLAIMED), (1, CLAIMED), (1, SUCCEEDED))) == {"changed"}


def test_attempts_over_the_limit_are_an_overrun() -> None:
    timeline = [(number, CLAIMED) for number in range(1, 5)]
    assert blamed(verdict(*timeline, (4, SUCCEEDED), attempt=4, chunks=(4,))) == {"overrun"}


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RETRY])
def test_a_job_that_has_not_ended_is_stuck_whoever_asked_for_it(state: JobState) -> None:
    said = verdict(state=state, attempt=0, chunks=(), accepted=(), finished_at=None)
    assert blamed(said) == {"stuck"}


def test_recovery_counts_from_the_fault_and_for_no_job_that_came_after_it() -> None:
    assert verdict((1, CLAIMED), (1, SUCCEEDED), finished_at=NOON - SECOND).slowest == timedelta()
