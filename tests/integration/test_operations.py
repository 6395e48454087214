"""What an operator does to jobs, in its races with workers, against real servers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from redis import Redis
from sqlalchemy import func, insert, select, text, update

from app.domain.brokers import parse_broker_url
from app.domain.calendars import CalendarOptions, Component
from app.domain.events import EventKind
from app.domain.jobs import JobState
from app.domain.owners import OwnerId
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.services.operations import NotDone, OperationsService
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import operations
from app.storage.database import Sessions
from app.storage.schema import job_events, jobs
from tests.support.jobs import COUNTS, LEASE, NONE, a_job, claim, claimed, end_lease, read, rescue, told
from tests.support.locks import blocked
from tests.support.messages import waiting_messages
from workers.runtime import Runtime

SOMEBODY = OwnerId(UUID("00000000-0000-0000-0000-00000000002a"))
OPTIONS = CalendarOptions(component=Component.BOTH, name="Work")
CANCELLED = EventKind.CANCELLED


@pytest.fixture
async def service(sessions: Sessions, settings: Settings) -> AsyncIterator[OperationsService]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield OperationsService(sessions, publisher)


@pytest.fixture
async def without_broker(sessions: Sessions, settings: Settings) -> AsyncIterator[OperationsService]:
    nowhere = settings.model_copy(update={"broker_url": parse_broker_url("redis://127.0.0.1:1")})
    async with aclosing(Publisher.open(nowhere)) as publisher:
        yield OperationsService(sessions, publisher)


async def insert_jobs(sessions: Sessions, *rows: Mapping[str, object]) -> list[UUID]:
    """Jobs as they may stand in the table; what a test does not say is as the column's default."""
    ids = [uuid4() for _ in rows]
    async with sessions.begin() as session:
        for job_id, row in zip(ids, rows, strict=True):
            values = {"id": job_id, "owner_id": SOMEBODY, "options": OPTIONS.to_json(), **row}
            await session.execute(insert(jobs).values(**values))
    return ids


async def cancel(sessions: Sessions, job_id: UUID) -> bool:
    async with sessions.begin() as session:
        return await operations.cancel(session, job_id)


async def state(sessions: Sessions, job_id: UUID) -> JobState:
    async with sessions.begin() as session:
        job = await operations.find(session, job_id)
    assert job is not None
    return job.state


async def row_count(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return (await session.execute(select(func.count()).select_from(jobs))).scalar_one()


def rung_for(settings: Settings) -> list[str]:
    """The ids in the messages that wait in the broker."""
    return [message["job_id"] for message in waiting_messages(settings.broker_url.url)]


@pytest.mark.parametrize("waits_as", [JobState.PENDING, JobState.RETRY])
async def test_a_waiting_job_is_cancelled_and_never_claimed(sessions: Sessions, waits_as: JobState) -> None:
    (job_id,) = await insert_jobs(sessions, {"state": waits_as})
    assert await cancel(sessions, job_id)
    assert await claim(sessions, job_id) is None
    assert await state(sessions, job_id) is JobState.REVOKED
    assert await told(sessions, job_id) == [(0, CANCELLED, None)]


async def test_what_an_attempt_of_a_cancelled_job_writes_is_refused(sessions: Sessions) -> None:
    held = await claimed(sessions)
    assert await cancel(sessions, held.job_id)
    async with sessions.begin() as session:
        assert not await queries.heartbeat(session, held, lease=LEASE)
        assert not await queries.succeed(session, held, COUNTS, "d")
        assert not await queries.retry(session, held, "reason", after=NONE)
        assert not await queries.give_back(session, held, "reason")
        assert not await queries.fail(session, held, "reason")
    assert await rescue(sessions) == {}
    assert await state(sessions, held.job_id) is JobState.REVOKED
    assert await told(sessions, held.job_id) == [(1, EventKind.CLAIMED, None), (1, CANCELLED, None)]


async def test_an_attempt_of_a_cancelled_job_is_stopped_by_its_heartbeat(
    sessions: Sessions, settings: Settings, service: OperationsService
) -> None:
    job_id = await a_job(sessions)
    hurried = settings.model_copy(update={"lease": timedelta(milliseconds=150)})
    stopped = False
    async with Runtime(sessions, hurried).attempt(job_id):
        await service.cancel(str(job_id))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        except asyncio.CancelledError:
            stopped = True
            raise
    assert (stopped, await state(sessions, job_id)) == (True, JobState.REVOKED)


async def test_a_cancel_that_waits_for_a_claim_ends_what_was_claimed(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as worker, sessions.begin() as operator:
        held = await queries.claim(worker, job_id, lease=LEASE)
        waiting = asyncio.create_task(operations.cancel(operator, job_id))
        await blocked(sessions)
        await worker.commit()
        assert await waiting
    assert held is not None
    async with sessions.begin() as session:
        assert not await queries.succeed(session, held, COUNTS, "d")
    assert await told(sessions, job_id) == [(1, EventKind.CLAIMED, None), (1, CANCELLED, None)]


async def test_a_claim_that_waits_for_a_cancel_gets_nothing(sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as worker, sessions.begin() as operator:
        assert await operations.cancel(operator, job_id)
        waiting = asyncio.create_task(queries.claim(worker, job_id, lease=LEASE))
        await blocked(sessions)
        await operator.commit()
        assert await waiting is None
    assert await told(sessions, job_id) == [(0, CANCELLED, None)]


@pytest.mark.parametrize("first_is_the_result", [True, False])
async def test_of_a_result_and_a_cancel_the_first_wins(
    sessions: Sessions, *, first_is_the_result: bool
) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as one, sessions.begin() as other:
        if first_is_the_result:
            assert await queries.succeed(one, held, COUNTS, "d")
            second = asyncio.create_task(operations.cancel(other, held.job_id))
        else:
            assert await operations.cancel(one, held.job_id)
            second = asyncio.create_task(queries.succeed(other, held, COUNTS, "d"))
        await blocked(sessions)
        await one.commit()
        assert not await second
    job = await read(sessions, held.job_id)
    expected = (JobState.SUCCESS, "d") if first_is_the_result else (JobState.REVOKED, None)
    assert (job.state, job.digest) == expected
    assert len(await told(sessions, held.job_id)) == 2


async def test_of_many_cancels_at_once_one_is_told(sessions: Sessions, service: OperationsService) -> None:
    held = await claimed(sessions)
    done = await asyncio.gather(*(service.cancel(str(held.job_id)) for _ in range(10)))
    assert sorted(each.already for each in done) == [False] + [True] * 9
    assert await told(sessions, held.job_id) == [(1, EventKind.CLAIMED, None), (1, CANCELLED, None)]


@pytest.mark.parametrize("ended", [JobState.SUCCESS, JobState.FAILURE])
async def test_a_job_that_has_ended_cannot_be_cancelled(
    sessions: Sessions, service: OperationsService, ended: JobState
) -> None:
    (job_id,) = await insert_jobs(sessions, {"state": ended, "finished_at": func.now()})
    with pytest.raises(NotDone, match=f"^{job_id} has ended as {ended}, which never changes$"):
        await service.cancel(str(job_id))
    assert await state(sessions, job_id) is ended
    assert await told(sessions, job_id) == []


async def test_a_job_that_waits_for_its_next_attempt_runs_now(
    sessions: Sessions, settings: Settings, service: OperationsService
) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        await queries.retry(session, held, "reason", after=timedelta(hours=1))
    done = await service.retry(str(held.job_id))
    assert (done.new_id, done.unsent) == (None, None)
    assert rung_for(settings) == [str(held.job_id)]
    assert (await told(sessions, held.job_id))[-1] == (1, EventKind.RUN_NOW, None)
    job = await read(sessions, held.job_id)
    assert job.ring_at == job.run_at
    again = await claim(sessions, held.job_id)
    assert again is not None


@pytest.mark.parametrize(
    "ended",
    [
        {"state": JobState.FAILURE, "error": "reason", "attempt": 5},
        {"state": JobState.REVOKED},
        {"state": JobState.SUCCESS, "removed_at": func.now()},
    ],
)
async def test_in_place_of_a_job_without_a_file_a_new_one_is_made(
    sessions: Sessions, settings: Settings, service: OperationsService, ended: dict[str, object]
) -> None:
    (job_id,) = await insert_jobs(sessions, {"finished_at": func.now(), **ended})
    done = await service.retry(str(job_id))
    assert done.new_id is not None
    new = (await service.history(str(done.new_id))).job
    assert (new.owner, new.options, new.state, new.attempt) == (SOMEBODY, OPTIONS, JobState.PENDING, 0)
    assert rung_for(settings) == [str(new.id)]
    assert await told(sessions, new.id) == [(0, EventKind.COPIED, f"in place of {job_id}")]
    assert await state(sessions, job_id) is ended["state"]
    assert await told(sessions, job_id) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "waits for a worker already; redrive rings for it again"),
        (
            {"state": JobState.STARTED, "lease_until": func.now() + LEASE, "attempt": 2},
            "runs: its attempt 2 has started",
        ),
        (
            {"state": JobState.SUCCESS, "finished_at": func.now()},
            "has succeeded, and its file can be downloaded",
        ),
    ],
)
async def test_where_there_is_nothing_to_retry_nothing_is_done(
    sessions: Sessions, settings: Settings, service: OperationsService, row: dict[str, object], reason: str
) -> None:
    (job_id,) = await insert_jobs(sessions, row)
    with pytest.raises(NotDone, match=f"^{job_id} {reason}$"):
        await service.retry(str(job_id))
    assert (await row_count(sessions), rung_for(settings)) == (1, [])
    assert await told(sessions, job_id) == []


async def test_without_a_broker_a_retry_stands_and_a_cancel_works(
    sessions: Sessions, without_broker: OperationsService
) -> None:
    waits, failed, open_job = await insert_jobs(
        sessions,
        {"state": JobState.RETRY, "run_at": func.now() + LEASE},
        {"state": JobState.FAILURE, "finished_at": func.now()},
        {},
    )
    for job_id in (waits, failed):
        assert (await without_broker.retry(str(job_id))).unsent is not None
    assert not (await without_broker.cancel(str(open_job))).already
    assert await row_count(sessions) == 4
    assert await claim(sessions, waits) is not None
    with pytest.raises(SendFailed):
        await without_broker.redrive(NONE)


async def test_redrive_rings_for_what_could_have_run_for_that_long(
    sessions: Sessions, settings: Settings, service: OperationsService
) -> None:
    ago = func.now() - timedelta(minutes=10)
    old, _young, old_retry, *_rest = await insert_jobs(
        sessions,
        {"run_at": ago},
        {},
        {"state": JobState.RETRY, "run_at": ago, "attempt": 1},
        {"state": JobState.RETRY, "run_at": func.now() + LEASE, "created_at": ago},
        {"state": JobState.STARTED, "run_at": ago, "lease_until": func.now() + LEASE},
        {"state": JobState.SUCCESS, "run_at": ago, "finished_at": ago},
        {"state": JobState.REVOKED, "run_at": ago, "finished_at": ago},
    )
    assert (await service.redrive(timedelta(minutes=5))).jobs == 2
    assert sorted(rung_for(settings)) == sorted([str(old), str(old_retry)])
    assert (await service.redrive(NONE)).jobs == 3


async def test_redrive_rings_for_each_job_of_a_deep_queue_once(
    sessions: Sessions, settings: Settings, service: OperationsService
) -> None:
    deep = text(
        "INSERT INTO jobs (id, owner_id, options, attempt, run_at) SELECT gen_random_uuid(), gen_random_uuid(), "
        # Many share a moment, as jobs do that one statement has made.
        "'{}', 3, now() - (n / 3500) * interval '1 second' FROM generate_series(1, 12000) n"
    )
    async with sessions.begin() as session:
        await session.execute(deep)
    assert (await service.redrive(NONE)).jobs == 12_000
    rung = rung_for(settings)
    assert (len(rung), len(set(rung))) == (12_000, 12_000)


async def test_redrive_puts_dead_letters_back(settings: Settings, service: OperationsService) -> None:
    message = RenderCalendar(uuid4()).encode().copy(options={"redis_message_id": "x"})
    dead = f"dramatiq:{RenderCalendar.queue}.XQ"
    with Redis.from_url(settings.broker_url.url) as redis:
        redis.zadd(dead, {"x": 1})
        redis.hset(f"{dead}.msgs", "x", message.encode())
        assert (await service.redrive(NONE)).dead_letters == 1
        assert rung_for(settings) == [message.kwargs["job_id"]]
        assert (redis.exists(dead, f"{dead}.msgs"), (await service.redrive(NONE)).dead_letters) == (0, 0)


async def test_a_job_is_named_by_the_beginning_of_its_id(
    sessions: Sessions, service: OperationsService
) -> None:
    ids = [UUID(f"abcd0000-0000-4000-8000-00000000000{n}") for n in range(5)]
    other = UUID("abce0000-0000-4000-8000-000000000000")
    await insert_jobs(sessions, *({"id": each} for each in (*ids, other)))
    for reference in ("abce", "ABCE", "abce0000-0000-4", str(other), other.hex):
        assert (await service.history(reference)).job.id == other
    for reference, reason in (
        ("abcd", f"abcd is ambiguous: {ids[0]}, {ids[1]}, {ids[2]}, …"),
        ("abcf", "There is no job abcf"),
        ("abc", "abc is no job's id, nor the first 4 or more of its digits"),
        ("a-b-c", "a-b-c is no job's id, nor the first 4 or more of its digits"),
        ("ghij", "ghij is no job's id, nor the first 4 or more of its digits"),
        (f"{other}0", f"{other}0 is no job's id, nor the first 4 or more of its digits"),
        ("", " is no job's id, nor the first 4 or more of its digits"),
    ):
        with pytest.raises(NotDone) as refused:
            await service.history(reference)
        assert str(refused.value) == reason


async def test_newest_first_of_any_owner_and_of_the_wanted_states(
    sessions: Sessions, service: OperationsService
) -> None:
    ids = await insert_jobs(
        sessions,
        *(
            {
                "owner_id": uuid4(),
                "state": each,
                "created_at": func.now() - timedelta(minutes=n),
                "finished_at": func.now() if each is JobState.FAILURE else None,
            }
            for n, each in enumerate((JobState.PENDING, JobState.FAILURE, JobState.RETRY))
        ),
    )
    for states, limit, expected in (
        ((), 9, ids),
        ((), 2, ids[:2]),
        ((JobState.FAILURE, JobState.RETRY), 9, ids[1:]),
        ((JobState.REVOKED,), 9, []),
    ):
        assert [job.id for job in (await service.newest(states, limit)).jobs] == expected


async def test_a_snapshot_counts_and_finds_the_oldest_that_could_run(
    sessions: Sessions, service: OperationsService
) -> None:
    empty = await service.snapshot(5)
    assert (set(empty.counts.values()), empty.waiting_since, empty.newest) == ({0}, None, [])
    await insert_jobs(
        sessions,
        {},
        {"run_at": func.now() - timedelta(minutes=2)},
        {"state": JobState.RETRY, "run_at": func.now() + LEASE},
        {"state": JobState.REVOKED, "run_at": func.now() - timedelta(days=1), "finished_at": func.now()},
    )
    seen = await service.snapshot(2)
    assert {state: count for state, count in seen.counts.items() if count} == {
        JobState.PENDING: 2,
        JobState.RETRY: 1,
        JobState.REVOKED: 1,
    }
    assert seen.waiting_since is not None
    assert timedelta(minutes=2) <= seen.now - seen.waiting_since < timedelta(days=1)
    assert len(seen.newest) == 2


async def test_a_snapshot_is_of_the_moment_that_it_says(
    sessions: Sessions, service: OperationsService
) -> None:
    async with sessions.begin() as busy:
        await busy.execute(text("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"))
        looking = asyncio.create_task(service.snapshot(5))
        await blocked(sessions)
        await busy.execute(insert(jobs).values(id=uuid4(), owner_id=SOMEBODY, options={}))
    seen = await looking
    assert (set(seen.counts.values()), seen.waiting_since, seen.newest) == ({0}, None, [])


async def test_a_retry_that_a_worker_forestalls_sends_nothing(
    sessions: Sessions, settings: Settings, service: OperationsService
) -> None:
    (job_id,) = await insert_jobs(sessions, {"state": JobState.RETRY})
    async with sessions.begin() as worker:
        assert await queries.claim(worker, job_id, lease=LEASE)
        waiting = asyncio.create_task(service.retry(str(job_id)))
        await blocked(sessions)
    with pytest.raises(NotDone, match=f"^{job_id} changed at that moment; ask again$"):
        await waiting
    assert (await row_count(sessions), rung_for(settings)) == (1, [])
    async with sessions.begin() as session:
        kinds = list((await session.execute(select(job_events.c.kind))).scalars())
    assert kinds == [EventKind.CLAIMED]


async def test_the_end_of_a_lease_comes_too_late_for_a_cancelled_job(sessions: Sessions) -> None:
    held = await claimed(sessions)
    await end_lease(sessions)
    assert await cancel(sessions, held.job_id)
    assert await rescue(sessions) == {}
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(run_at=func.now()))
    assert await claim(sessions, held.job_id) is None
