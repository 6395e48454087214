"""How much there is to do, and how late it is, by the rows."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, text, update

from app.domain.backlog import Backlog
from app.domain.jobs import JobState
from app.storage import jobs as queries
from app.storage.backlog import measure, statement
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.jobs import COUNTS, a_job, claimed

LATE = timedelta(minutes=10)
AT_MOST = timedelta(minutes=12)
"""A test that takes longer has other troubles."""

MANY = """
INSERT INTO jobs (id, owner_id, state, options, finished_at, removed_at, created_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'SUCCESS', '{}', now(), now(), now() FROM generate_series(1, 20000)
"""


async def move(sessions: Sessions, job_id: UUID, moment: str, by: timedelta) -> None:
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == job_id).values({moment: func.now() + by}))


def ages(seen: Backlog) -> tuple[timedelta, timedelta, timedelta]:
    return seen.oldest_waiting, seen.sweeper_lag, seen.oldest_result


async def test_with_nothing_to_do_all_is_zero(sessions: Sessions) -> None:
    seen = await measure(sessions)
    assert seen.jobs == {JobState.PENDING: 0, JobState.STARTED: 0, JobState.RETRY: 0}
    assert ages(seen) == (timedelta(), timedelta(), timedelta())
    assert seen.database_bytes > 0


async def test_open_jobs_are_counted_by_state_and_ended_ones_are_not(sessions: Sessions) -> None:
    for _ in range(3):
        await a_job(sessions)
    await claimed(sessions)
    for end in (queries.fail, queries.give_back):
        held = await claimed(sessions)
        async with sessions.begin() as session:
            assert await end(session, held, "")
    assert (await measure(sessions)).jobs == {JobState.PENDING: 3, JobState.STARTED: 1, JobState.RETRY: 1}


async def test_what_is_still_to_come_is_not_late(sessions: Sessions) -> None:
    waiting = await a_job(sessions)
    await move(sessions, waiting, "run_at", LATE)
    await claimed(sessions)
    assert ages(await measure(sessions)) == (timedelta(), timedelta(), timedelta())


async def test_the_age_of_the_oldest_waiting_job_is_since_it_could_run(sessions: Sessions) -> None:
    await a_job(sessions)
    await move(sessions, await a_job(sessions), "run_at", -LATE)
    started = (await claimed(sessions)).job_id
    await move(sessions, started, "run_at", -10 * LATE)
    oldest, lag, _ = ages(await measure(sessions))
    assert LATE <= oldest < AT_MOST
    assert lag == timedelta()


@pytest.mark.parametrize("moment", ["ring_at", "lease_until"])
async def test_the_sweeper_lags_behind_what_has_been_due_for_longest(sessions: Sessions, moment: str) -> None:
    late = {"ring_at": await a_job(sessions), "lease_until": (await claimed(sessions)).job_id}
    for each, job_id in late.items():
        await move(sessions, job_id, each, -LATE if each == moment else -LATE / 2)
    oldest, lag, _ = ages(await measure(sessions))
    assert LATE <= lag < AT_MOST
    assert oldest < LATE


async def test_the_oldest_result_is_one_that_is_still_kept(sessions: Sessions) -> None:
    for age in (LATE, 10 * LATE):
        held = await claimed(sessions)
        async with sessions.begin() as session:
            assert await queries.succeed(session, held, COUNTS, "")
        await move(sessions, held.job_id, "finished_at", -age)
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == held.job_id).values(removed_at=func.now()))
    assert LATE <= (await measure(sessions)).oldest_result < AT_MOST


async def test_old_jobs_cost_nothing(sessions: Sessions) -> None:
    # It runs as it stands, which is the point: a parameter would keep a plan from using a partial index.
    async with sessions() as session:
        dialect = session.dialect
        plain = statement().compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        await session.execute(text(MANY))
        await session.execute(text("ANALYZE jobs"))
        plan = "\n".join((await session.execute(text(f"EXPLAIN {plain}"))).scalars())
    assert "jobs_open_idx" in plan
    assert "Seq Scan" not in plan
