"""Cancelling a calendar, as its client does it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, insert

from app.domain.events import EventKind
from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.jobs import COUNTS, LEASE, a_job, claim, claimed, read, told
from workers.runtime import Runtime

CANCELLED = EventKind.CANCELLED


async def stored(sessions: Sessions, **values: Any) -> UUID:
    """A job as it may stand in the table."""
    row = {"id": uuid4(), "owner_id": BUILT_IN_OWNER, "options": {}, **values}
    async with sessions.begin() as session:
        await session.execute(insert(jobs).values(row))
    return UUID(str(row["id"]))


@pytest.mark.parametrize(
    "stands",
    [{}, {"state": "RETRY", "error": "x"}, {"state": "STARTED", "lease_until": func.now() + LEASE}],
)
async def test_an_open_task_is_cancelled_at_once(
    client: httpx.AsyncClient, sessions: Sessions, stands: dict[str, Any]
) -> None:
    job_id = await stored(sessions, **stands)
    answer = await client.delete(f"/todos/ical/{job_id}")
    assert answer.status_code == 200
    body = answer.json()
    assert list(body)[:3] == ["task_id", "task_status", "result_url"]
    assert (body["task_id"], body["task_status"]) == (str(job_id), "REVOKED")
    assert "finished_at" in body
    assert (await client.get(f"/todos/ical/{job_id}/status")).json() == body
    result = await client.get(body["result_url"])
    assert (result.status_code, result.json()["error"]) == (410, "Task cancelled")
    assert await claim(sessions, job_id) is None
    assert await told(sessions, job_id) == [(0, CANCELLED, "by its client")]


async def test_cancelling_again_changes_nothing(client: httpx.AsyncClient, sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    first, *others = [await client.delete(f"/todos/ical/{job_id}") for _ in range(3)]
    assert [(each.status_code, each.json()) for each in others] == [(200, first.json())] * 2
    assert len(await told(sessions, job_id)) == 1


async def test_of_many_cancels_at_once_all_are_fine_and_one_is_told(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    job_id = await a_job(sessions)
    answers = await asyncio.gather(*(client.delete(f"/todos/ical/{job_id}") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(await told(sessions, job_id)) == 1


@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE"])
async def test_a_task_that_has_ended_stays_as_it_is(
    client: httpx.AsyncClient, sessions: Sessions, state: str
) -> None:
    job_id = await stored(sessions, state=state, finished_at=func.now())
    answer = await client.delete(f"/todos/ical/{job_id}")
    assert (answer.status_code, answer.json()["error"]) == (409, "Task already ended")
    assert state in answer.json()["detail"]
    assert ((await read(sessions, job_id)).state, await told(sessions, job_id)) == (state, [])


@pytest.mark.parametrize("task_id", ["2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11", "nonsense"])
async def test_an_unknown_task_cannot_be_cancelled(client: httpx.AsyncClient, task_id: str) -> None:
    answer = await client.delete(f"/todos/ical/{task_id}")
    assert (answer.status_code, answer.json()["error"]) == (404, "Task not found")


async def test_another_owners_task_cannot_be_cancelled(client: httpx.AsyncClient, sessions: Sessions) -> None:
    job_id = await stored(sessions, owner_id=uuid4())
    assert (await client.delete(f"/todos/ical/{job_id}")).status_code == 404
    async with sessions.begin() as session:
        # By itself, since the 404 would roll back whatever the statement did.
        assert not await queries.cancel(session, BUILT_IN_OWNER, job_id)
    assert await claim(sessions, job_id) is not None


async def test_the_result_of_a_cancelled_attempt_is_refused(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    held = await claimed(sessions)
    await client.delete(f"/todos/ical/{held.job_id}")
    async with sessions.begin() as session:
        assert not await queries.succeed(session, held, COUNTS, "d")
    assert (await read(sessions, held.job_id)).state is JobState.REVOKED


async def test_an_attempt_that_runs_is_stopped_by_its_heartbeat(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    job_id = await a_job(sessions)
    hurried = settings.model_copy(update={"lease": timedelta(milliseconds=150)})
    stopped = False
    async with Runtime(sessions, hurried).attempt(job_id):
        await client.delete(f"/todos/ical/{job_id}")
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        except asyncio.CancelledError:
            stopped = True
            raise
    assert (stopped, (await read(sessions, job_id)).state) == (True, JobState.REVOKED)
