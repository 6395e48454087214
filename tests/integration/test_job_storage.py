"""The races of a job's life, with real connections."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, text, update

from app.domain.jobs import CALENDAR_VERSION, JobState
from app.domain.owners import BUILT_IN_OWNER
from app.storage import jobs as queries
from app.storage import results, sweeps
from app.storage.database import Sessions
from app.storage.schema import jobs, result_chunks
from app.storage.sweeps import Due
from tests.support.jobs import COUNTS, LEASE, NONE, a_job, claim, claimed, end_lease, read, rescue


async def test_of_ten_claims_at_once_one_wins(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    held = [h for h in await asyncio.gather(*(claim(sessions, job_id) for _ in range(10))) if h]
    assert [h.attempt for h in held] == [1]
    assert (await read(sessions, job_id)).state is JobState.STARTED


async def test_two_open_transactions_cannot_both_claim(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as first, sessions.begin() as second:
        assert await queries.claim(first, job_id, lease=LEASE) is not None
        waiting = asyncio.create_task(queries.claim(second, job_id, lease=LEASE))
        await first.commit()
        assert await waiting is None


async def test_a_job_that_is_gone_or_done_is_not_claimed(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await queries.succeed(session, held, COUNTS, "d")
    assert await claim(sessions, held.job_id) is None
    assert await claim(sessions, uuid4()) is None


async def test_a_zombies_writes_are_refused(sessions: Sessions) -> None:
    zombie = await claimed(sessions)
    await end_lease(sessions)
    assert await rescue(sessions) == {zombie.job_id: JobState.RETRY}
    heir = await claim(sessions, zombie.job_id)
    assert heir is not None
    assert heir.attempt == 2
    async with sessions.begin() as session:
        assert not await queries.heartbeat(session, zombie, lease=LEASE)
        assert not await queries.succeed(session, zombie, COUNTS, "zombie")
        assert not await queries.retry(session, zombie, "zombie", after=NONE)
        assert not await queries.fail(session, zombie, "zombie")
        assert await queries.heartbeat(session, heir, lease=LEASE)
        assert await queries.succeed(session, heir, COUNTS, "heir")
    assert (await read(sessions, zombie.job_id)).digest == "heir"


async def test_between_rescue_and_the_next_claim_a_zombie_is_refused_too(sessions: Sessions) -> None:
    zombie = await claimed(sessions)
    await end_lease(sessions)
    await rescue(sessions)
    async with sessions.begin() as session:
        assert not await queries.succeed(session, zombie, COUNTS, "zombie")


async def test_a_final_state_never_changes(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await queries.fail(session, held, "reason")
        assert not await queries.succeed(session, held, COUNTS, "d")
        assert not await queries.heartbeat(session, held, lease=LEASE)
    assert await rescue(sessions) == {}
    job = await read(sessions, held.job_id)
    assert (job.state, job.error) == (JobState.FAILURE, "reason")


async def test_a_retry_waits_for_its_time(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await queries.retry(session, held, "reason", after=timedelta(hours=1))
    assert await claim(sessions, held.job_id) is None
    async with sessions.begin() as session:
        assert await sweeps.ring(session, resend_after=LEASE) == []
        await session.execute(update(jobs).values(run_at=func.now(), ring_at=func.now()))
    async with sessions.begin() as session:
        assert await sweeps.ring(session, resend_after=LEASE) == [
            Due(held.job_id, CALENDAR_VERSION, sent=False)
        ]
    again = await claim(sessions, held.job_id)
    assert again is not None
    assert again.attempt == 2


async def test_a_live_lease_is_not_rescued(sessions: Sessions) -> None:
    await claimed(sessions)
    assert await rescue(sessions) == {}


async def test_a_job_that_kills_each_worker_ends_with_a_reason(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    states = []
    for _ in range(3):
        held = await claim(sessions, job_id)
        assert held is not None
        await end_lease(sessions)
        states.append((await rescue(sessions, max_attempts=3))[job_id])
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(run_at=func.now()))
    assert states == [JobState.RETRY, JobState.RETRY, JobState.FAILURE]
    job = await read(sessions, job_id)
    assert job.error == "attempt 3 of 3 ended without a word: its worker died or stalled"
    assert await claim(sessions, job_id) is None


async def test_rescues_wait_longer_each_time(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    waits = []
    for _ in range(4):
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(run_at=func.now()))
        assert await claim(sessions, job_id) is not None
        await end_lease(sessions)
        async with sessions.begin() as session:
            await sweeps.rescue(session, max_attempts=9, retry_backoff=timedelta(seconds=2))
            wait = select(jobs.c.run_at - func.now()).where(jobs.c.id == job_id)
            waits.append((await session.execute(wait)).scalar_one().total_seconds())
    assert waits == [0, 2, 6, 14]


async def test_a_job_that_waits_is_rung_for_once_in_a_while(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as session:
        rung = [Due(job_id, CALENDAR_VERSION, sent=True)]
        assert await sweeps.ring(session, resend_after=LEASE) == []
        await session.execute(update(jobs).values(ring_at=func.now()))
        assert await sweeps.ring(session, resend_after=LEASE) == rung
        assert await sweeps.ring(session, resend_after=LEASE) == []
        await sweeps.ring_soon(session, [job_id])
        assert await sweeps.ring(session, resend_after=LEASE) == rung


@pytest.mark.parametrize(("waited", "silence"), [(1, 10), (30, 30), (3600, 60)])
async def test_a_job_that_has_waited_for_long_is_rung_for_less_often(
    sessions: Sessions, waited: int, silence: int
) -> None:
    await a_job(sessions)
    async with sessions.begin() as session:
        since = func.now() - timedelta(seconds=waited)
        await session.execute(update(jobs).values(run_at=since, ring_at=func.now()))
        await sweeps.ring(session, resend_after=timedelta(seconds=10))
        until_next = (await session.execute(select(jobs.c.ring_at - func.now()))).scalar_one()
    assert until_next == timedelta(seconds=silence)


async def test_while_one_sweeps_others_find_nothing_to_do(sessions: Sessions) -> None:
    held = await claimed(sessions)
    await end_lease(sessions)
    async with sessions.begin() as one:
        assert await sweeps.ring(one, resend_after=LEASE) == []
        assert await rescue(sessions) == {}
    assert await rescue(sessions) == {held.job_id: JobState.RETRY}


async def test_a_sweeper_that_is_stopped_in_mid_sweep_holds_nothing(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.at_once() as stopped:
        assert await sweeps.ring(stopped, resend_after=LEASE) == []
        await end_lease(sessions)
        assert await rescue(sessions) == {held.job_id: JobState.RETRY}


async def test_a_row_that_its_worker_is_writing_is_left_alone(sessions: Sessions) -> None:
    held = await claimed(sessions)
    await end_lease(sessions)
    async with sessions.begin() as worker:
        assert await queries.succeed(worker, held, COUNTS, "d")
        assert await rescue(sessions) == {}
    assert (await read(sessions, held.job_id)).state is JobState.SUCCESS


async def test_a_job_whose_worker_stored_bytes_and_stopped_is_rescued(sessions: Sessions) -> None:
    held = await claimed(sessions)
    await end_lease(sessions)
    async with sessions.begin() as stopped:
        await results.add_chunk(stopped, held, 0, b"hello")
        assert await rescue(sessions) == {held.job_id: JobState.RETRY}


async def test_results_go_after_their_time_and_jobs_stay(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        await session.execute(
            insert(result_chunks).values(job_id=held.job_id, attempt=1, number=0, data=b"hello")
        )
        await queries.succeed(session, held, COUNTS, "d")
    async with sessions.begin() as session:
        assert await sweeps.remove_results(session, older_than=timedelta(hours=1)) == 0
        assert await sweeps.remove_results(session, older_than=NONE) == 1
        assert await sweeps.remove_results(session, older_than=NONE) == 0
        assert (await session.execute(select(func.count()).select_from(result_chunks))).scalar_one() == 0
    job = await read(sessions, held.job_id)
    assert (job.state, job.removed_at is not None) == (JobState.SUCCESS, True)


async def test_a_floating_deadline_is_compared_in_the_services_zone(sessions: Sessions) -> None:
    from app.domain.deadlines import Floating
    from app.domain.todos import NewTodo, TodoFilter
    from app.storage import todos

    async with sessions.begin() as session:
        clock = text("SELECT now() AT TIME ZONE 'UTC' + interval '1 hour'")
        in_an_hour = (await session.execute(clock)).scalar_one()
        await todos.add(session, BUILT_IN_OWNER, NewTodo(title="a", deadline=Floating(in_an_hour)), limit=9)
        for zone, count in (("UTC", 0), ("Asia/Tokyo", 1)):
            page = await todos.page(
                session, BUILT_IN_OWNER, TodoFilter(window=0), timezone=zone, after=0, limit=9
            )
            assert len(page) == count, zone


async def test_sequence_goes_up_with_title_and_deadline_alone(sessions: Sessions) -> None:
    from app.domain.deadlines import parse_deadline
    from app.domain.todos import NewTodo, TodoChanges
    from app.storage import todos

    steps: list[tuple[TodoChanges, int]] = [
        ({"title": "b"}, 1),
        ({"title": "b"}, 1),
        ({"description": "x"}, 1),
        ({"completed": True}, 1),
        ({"deadline": parse_deadline("2026-01-01T00:00")}, 2),
        ({"deadline": parse_deadline("2026-01-01T00:00Z")}, 3),
        ({"deadline": parse_deadline("2026-01-01T00:00Z"), "title": "c"}, 4),
        ({"deadline": None}, 5),
    ]
    async with sessions.begin() as session:
        todo = await todos.add(session, BUILT_IN_OWNER, NewTodo(title="a"), limit=9)
        assert todo is not None
        for changes, sequence in steps:
            changed = await todos.change(session, BUILT_IN_OWNER, todo.id, changes)
            assert changed is not None
            assert (changed.sequence, changed.uid) == (sequence, todo.uid), changes
