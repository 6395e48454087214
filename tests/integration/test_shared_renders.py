"""Jobs that wait for the same calendar end with the file of the first one that is made."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, text, update

from app.domain.calendars import CalendarOptions
from app.domain.jobs import JOB_VERSION, JobState
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import sweeps
from app.storage.database import Sessions
from app.storage.schema import jobs, result_chunks
from app.storage.twins import AT_ONCE
from tests.support.jobs import LEASE, NO_LIMIT, NONE, a_job, claim, end_lease, read, rescue, run, told
from tests.support.locks import blocked
from workers.calendars import make_calendar
from workers.runtime import Runtime


async def ask(client: httpx.AsyncClient, **options: Any) -> str:
    task_id: str = (await client.post("/todos/ical", json=options)).json()["task_id"]
    return task_id


async def states(client: httpx.AsyncClient, *task_ids: str) -> list[str]:
    return [(await client.get(f"/todos/ical/{task_id}/status")).json()["task_status"] for task_id in task_ids]


async def test_those_that_wait_for_the_same_file_end_with_it(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2026-12-01T08:00:00"})
    first, second, third = [await ask(client) for _ in range(3)]
    await run(sessions, settings, second)
    assert await states(client, first, second, third) == ["SUCCESS"] * 3
    files = [await client.get(f"/todos/ical/{task_id}/result") for task_id in (first, second, third)]
    assert b"SUMMARY:Buy milk" in files[0].content
    assert len({(each.content, each.headers["etag"]) for each in files}) == 1
    assert {
        (await client.get(f"/todos/ical/{each}/status")).json()["attempt"] for each in (first, third)
    } == {0}
    bytes_ = len(files[0].content)
    assert await told(sessions, UUID(first)) == [
        (0, "succeeded", f"todos: 1, bytes: {bytes_}; made for task {second}")
    ]
    async with sessions.begin() as session:
        stored = select(func.count(result_chunks.c.job_id.distinct()))
        assert (await session.execute(stored)).scalar_one() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Others"},
        {"component": "todo"},
        {"completed": False},
        {"window": 1},
    ],
)
async def test_those_that_wait_for_another_file_go_on_waiting(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, other: dict[str, Any]
) -> None:
    waits, made = await ask(client, **other), await ask(client)
    await run(sessions, settings, made)
    assert await states(client, waits, made) == ["PENDING", "SUCCESS"]


async def test_with_a_window_each_has_a_file_of_its_own(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    waits, made = await ask(client, window=1), await ask(client, window=1)
    await run(sessions, settings, made)
    assert await states(client, waits, made) == ["PENDING", "SUCCESS"]


async def test_nobody_gets_the_file_of_another_owner(sessions: Sessions, settings: Settings) -> None:
    theirs, mine = uuid4(), await a_job(sessions)
    async with sessions.begin() as session:
        await queries.add(session, OwnerId(uuid4()), theirs, CalendarOptions(), resend_after=LEASE)
    await run(sessions, settings, str(mine))
    async with sessions.begin() as session:
        state = await session.execute(select(jobs.c.state).where(jobs.c.id == theirs))
    assert state.scalar_one() == JobState.PENDING


async def test_a_job_that_takes_a_newer_worker_is_left_to_that(
    sessions: Sessions, settings: Settings
) -> None:
    newer, made = await a_job(sessions), await a_job(sessions)
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == newer).values(version=JOB_VERSION + 1))
    await run(sessions, settings, str(made))
    assert (await read(sessions, newer)).state is JobState.PENDING


async def test_a_job_that_came_after_the_snapshot_goes_on_waiting(
    sessions: Sessions, settings: Settings
) -> None:
    made = await a_job(sessions)
    async with sessions.begin() as holding:
        await holding.execute(text("LOCK TABLE result_chunks IN SHARE MODE"))
        running = asyncio.create_task(run(sessions, settings, str(made)))
        await blocked(sessions)
        late = await a_job(sessions)
    await running
    assert (await read(sessions, made)).state is JobState.SUCCESS
    assert (await read(sessions, late)).state is JobState.PENDING


async def test_a_job_that_is_being_claimed_or_cancelled_is_left_to_that(
    sessions: Sessions, settings: Settings
) -> None:
    cancelled, made = await a_job(sessions), await a_job(sessions)
    async with sessions.begin() as session:
        assert await queries.cancel(session, BUILT_IN_OWNER, cancelled)
        # Not committed yet: the render must neither wait for it nor end the job before it.
        await run(sessions, settings, str(made))
    assert (await read(sessions, made)).state is JobState.SUCCESS
    assert (await read(sessions, cancelled)).state is JobState.REVOKED


async def test_a_job_that_ended_during_the_render_stays_as_it_is(
    sessions: Sessions, settings: Settings
) -> None:
    made, ended = await a_job(sessions), await a_job(sessions)
    async with sessions.begin() as holding:
        await holding.execute(text("LOCK TABLE result_chunks IN SHARE MODE"))
        running = asyncio.create_task(run(sessions, settings, str(made)))
        await blocked(sessions)
        async with sessions.begin() as session:
            assert await queries.cancel(session, BUILT_IN_OWNER, ended)
    await running
    assert (await read(sessions, ended)).state is JobState.REVOKED


async def test_a_job_that_another_attempt_runs_keeps_its_own_file(
    sessions: Sessions, settings: Settings
) -> None:
    running, made = await a_job(sessions), await a_job(sessions)
    assert await claim(sessions, running) is not None
    await run(sessions, settings, str(made))
    job = await read(sessions, running)
    assert (job.state, job.file) == (JobState.STARTED, (running, 1))


async def test_a_fenced_attempt_ends_no_other_job(sessions: Sessions, settings: Settings) -> None:
    waits, made = await a_job(sessions), await a_job(sessions)
    async with Runtime(sessions, settings).attempt(made) as held:
        assert held is not None
        async with sessions.begin() as session:
            await session.execute(update(jobs).where(jobs.c.id == made).values(attempt=jobs.c.attempt + 1))
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    assert (await read(sessions, waits)).state is JobState.PENDING


async def ring_at_once(sessions: Sessions) -> list[UUID]:
    """The jobs that the next sweep rings for."""
    async with sessions.begin() as session:
        return [due.job_id for due in await sweeps.ring(session, resend_after=LEASE)]


async def test_who_counted_on_the_message_of_a_job_that_is_cancelled_is_rung_for_soon(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    cancelled, waits, _ = await ask(client), await ask(client), await ask(client, name="Others")
    assert await ring_at_once(sessions) == []
    await client.delete(f"/todos/ical/{cancelled}")
    assert await ring_at_once(sessions) == [UUID(waits)]


async def test_a_job_that_waits_out_a_failure_is_not_rung_for_before_its_time(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    retried, waits, cancelled = await ask(client), await ask(client), await ask(client)
    later = func.now() + timedelta(hours=1)
    async with sessions.begin() as session:
        retry = (
            update(jobs).where(jobs.c.id == retried).values(state=JobState.RETRY, run_at=later, ring_at=later)
        )
        await session.execute(retry)
    await client.delete(f"/todos/ical/{cancelled}")
    assert await ring_at_once(sessions) == [UUID(waits)]


async def test_those_that_are_too_many_for_one_file_are_rung_for_soon(
    sessions: Sessions, settings: Settings
) -> None:
    made = await a_job(sessions)
    many = text(
        "INSERT INTO jobs (id, owner_id, options, ring_at) SELECT gen_random_uuid(), owner_id, options, ring_at"
        f" FROM jobs, generate_series(1, {AT_ONCE + 1})"
    )
    async with sessions.begin() as session:
        await session.execute(many)
    await run(sessions, settings, str(made))
    (left,) = await ring_at_once(sessions)
    assert (await read(sessions, left)).state is JobState.PENDING


async def result_codes(client: httpx.AsyncClient, *task_ids: str) -> list[int]:
    return [(await client.get(f"/todos/ical/{task_id}/result")).status_code for task_id in task_ids]


async def test_a_shared_file_goes_with_the_last_that_has_it(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    other, made = await ask(client), await ask(client)
    await run(sessions, settings, made)
    for removed, codes in ((1, [410, 200]), (1, [410, 410]), (0, [410, 410])):
        async with sessions.begin() as session:
            assert await sweeps.remove_results(session, older_than=NONE) == removed
        assert await result_codes(client, other, made) == codes
    async with sessions.begin() as session:
        assert (await session.execute(select(func.count()).select_from(result_chunks))).scalar_one() == 0


async def test_a_job_is_not_forgotten_while_its_file_is_that_of_another(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    other, made = await ask(client), await ask(client)
    await run(sessions, settings, made)
    async with sessions.begin() as session:
        await session.execute(
            update(jobs).where(jobs.c.id == other).values(finished_at=func.now() + timedelta(hours=1))
        )
    for forgotten in (0, 2):
        async with sessions.begin() as session:
            assert await sweeps.forget_jobs(session, older_than=NONE) == forgotten
            await session.execute(update(jobs).values(finished_at=func.now(), removed_at=func.now()))
        assert (await client.get(f"/todos/ical/{other}/status")).status_code == (404 if forgotten else 200)


async def test_an_attempt_whose_job_ended_with_the_file_of_another_is_told_so(
    sessions: Sessions, settings: Settings
) -> None:
    running, made = await a_job(sessions), await a_job(sessions)
    held = await claim(sessions, running)
    assert held is not None
    await end_lease(sessions)
    await rescue(sessions)
    await run(sessions, settings, str(made))
    async with sessions.begin() as session:
        assert not await queries.has_succeeded(session, held)
