"""Each change of a job's state writes one event, and what is refused writes none."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, event, func, select, update

from app.domain.events import EventKind
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import job_events, jobs
from tests.support.jobs import (
    COUNTS,
    LEASE,
    NONE,
    a_job,
    claim,
    claimed,
    end_lease,
    read,
    rescue,
    timeline,
    told,
)

CLAIMED = (1, EventKind.CLAIMED, None)


async def test_a_claim_says_which_worker_it_is_for(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as session:
        assert await queries.claim(session, job_id, lease=LEASE, worker="host:7")
    assert await told(sessions, job_id) == [(1, EventKind.CLAIMED, "host:7")]


async def test_of_ten_claims_at_once_one_is_told(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    await asyncio.gather(*(claim(sessions, job_id) for _ in range(10)))
    assert await told(sessions, job_id) == [CLAIMED]


async def test_each_end_of_an_attempt_is_told_once(sessions: Sessions) -> None:
    succeeded, retried, returned, failed = [await claimed(sessions) for _ in range(4)]
    async with sessions.begin() as session:
        assert await queries.succeed(session, succeeded, COUNTS, "d")
        assert await queries.retry(session, retried, "reason", after=timedelta(seconds=2.5))
        assert await queries.give_back(session, returned, "reason")
        assert await queries.fail(session, failed, "reason")
    for held, end in (
        (succeeded, (1, EventKind.SUCCEEDED, "todos: 1, bytes: 5")),
        (retried, (1, EventKind.RETRY, "reason; again in 2.5 s")),
        (returned, (1, EventKind.GIVEN_BACK, "reason")),
        (failed, (1, EventKind.FAILED, "reason")),
    ):
        assert await told(sessions, held.job_id) == [CLAIMED, end]


async def test_a_rescue_is_told_with_the_wait_and_the_last_one_as_a_failure(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    for _ in range(3):
        assert await claim(sessions, job_id)
        await end_lease(sessions)
        await rescue(sessions, max_attempts=3)
        async with sessions.begin() as session:
            await session.execute(update(jobs).values(run_at=func.now()))
    reason = "attempt {} of 3 ended without a word: its worker died or stalled"
    assert [line for line in await told(sessions, job_id) if line[1] != EventKind.CLAIMED] == [
        (1, EventKind.LEASE_ENDED, reason.format(1) + "; again in 0 s"),
        (2, EventKind.LEASE_ENDED, reason.format(2) + "; again in 2 s"),
        (3, EventKind.FAILED, reason.format(3)),
    ]


async def test_many_jobs_are_rescued_with_an_event_each(sessions: Sessions) -> None:
    held = [await claimed(sessions) for _ in range(3)]
    await end_lease(sessions)
    assert len(await rescue(sessions)) == 3
    for each in held:
        kinds = [line.kind for line in await timeline(sessions, each.job_id)]
        assert kinds == [EventKind.CLAIMED, EventKind.LEASE_ENDED]


async def test_refused_writes_and_heartbeats_tell_nothing(sessions: Sessions) -> None:
    zombie = await claimed(sessions)
    await end_lease(sessions)
    await rescue(sessions)
    heir = await claim(sessions, zombie.job_id)
    assert heir is not None
    before = await timeline(sessions, zombie.job_id)
    async with sessions.begin() as session:
        assert not await queries.succeed(session, zombie, COUNTS, "d")
        assert not await queries.retry(session, zombie, "zombie", after=NONE)
        assert not await queries.give_back(session, zombie, "zombie")
        assert not await queries.fail(session, zombie, "zombie")
        assert await queries.claim(session, zombie.job_id, lease=LEASE) is None
        assert await queries.claim(session, uuid4(), lease=LEASE) is None
        assert await queries.heartbeat(session, heir, lease=LEASE)
    assert await timeline(sessions, zombie.job_id) == before


async def test_a_change_that_is_rolled_back_was_never_told(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions() as session:
        assert await queries.fail(session, held, "reason")
        await session.rollback()
    assert await told(sessions, held.job_id) == [CLAIMED]


async def test_an_end_is_told_at_its_own_time_and_not_at_its_transactions(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        began = (await session.execute(select(func.now()))).scalar_one()
        assert await queries.succeed(session, held, COUNTS, "d")
    last = (await timeline(sessions, held.job_id))[-1]
    assert began < last.at
    assert (await read(sessions, held.job_id)).finished_at == last.at


async def test_events_go_with_their_job(sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        await session.execute(delete(jobs).where(jobs.c.id == held.job_id))
        left = await session.execute(select(func.count()).select_from(job_events))
    assert left.scalar_one() == 0


async def test_a_change_and_its_event_are_one_statement(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    sent = []
    async with sessions.begin() as session:
        event.listen(session.sync_connection, "before_cursor_execute", lambda *said: sent.append(said[2]))
        held = await queries.claim(session, job_id, lease=LEASE)
        assert held is not None
        assert await queries.succeed(session, held, COUNTS, "d")
    assert len(sent) == 2
    assert len(await timeline(sessions, job_id)) == 2
