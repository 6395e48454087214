"""A calendar's own page: the task, and all that happened to it."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert, text, update

from app.domain.owners import BUILT_IN_OWNER
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import job_events, jobs
from tests.support.jobs import COUNTS, LEASE, NONE, a_job, claimed, end_lease, rescue
from tests.support.locks import blocked


async def test_a_task_is_told_from_its_beginning(client: httpx.AsyncClient) -> None:
    asked = (await client.post("/todos/ical")).json()
    url = f"/todos/ical/{asked['task_id']}"
    answer = await client.get(url)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    body = answer.json()
    timeline = body.pop("timeline")
    assert body == (await client.get(asked["task_url"])).json()
    assert timeline == [{"at": body["created_at"], "attempt": 0, "kind": "accepted"}]
    head = await client.head(url)
    assert (head.status_code, head.content) == (200, b"")


async def test_each_attempt_is_told_and_why_another_followed(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    held = await claimed(sessions)
    await end_lease(sessions)
    await rescue(sessions)
    for end in (queries.retry, queries.give_back, queries.succeed):
        async with sessions.begin() as session:
            again = await queries.claim(session, held.job_id, lease=LEASE, worker="host:7")
        assert again is not None
        async with sessions.begin() as session:
            if end is queries.retry:
                assert await queries.retry(session, again, "reason", after=NONE)
            elif end is queries.give_back:
                assert await queries.give_back(session, again, "stopped")
            else:
                assert await queries.succeed(session, again, COUNTS, "d")
    answer = await client.get(f"/todos/ical/{held.job_id}")
    timeline = answer.json()["timeline"]
    lost = "attempt 1 of 5 ended without a word: its worker died or stalled; again in 0 s"
    assert [(each["attempt"], each["kind"], each.get("detail")) for each in timeline] == [
        (0, "accepted", None),
        (1, "claimed", None),
        (1, "lease_ended", lost),
        (2, "claimed", None),
        (2, "retry", "reason; again in 0 s"),
        (3, "claimed", None),
        (3, "given_back", "stopped"),
        (4, "claimed", None),
        (4, "succeeded", "todos: 1, bytes: 5"),
    ]
    assert [each["at"] for each in timeline] == sorted(each["at"] for each in timeline)
    assert "host" not in answer.text


@pytest.mark.parametrize("kind", ["claimed", "cancelled", "run_now", "copied", "of_tomorrow"])
async def test_what_is_not_written_for_clients_is_not_shown(
    client: httpx.AsyncClient, sessions: Sessions, kind: str
) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as session:
        await session.execute(insert(job_events).values(job_id=job_id, attempt=1, kind=kind, detail="secret"))
    timeline = (await client.get(f"/todos/ical/{job_id}")).json()["timeline"]
    assert {name: timeline[1].get(name) for name in ("kind", "detail")} == {"kind": kind, "detail": None}


async def test_a_cancel_is_told(client: httpx.AsyncClient, sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    body = (await client.delete(f"/todos/ical/{job_id}")).json()
    last = (await client.get(f"/todos/ical/{job_id}")).json()["timeline"][-1]
    assert (last["kind"], last["attempt"]) == ("cancelled", 0)
    assert last["at"] >= body["finished_at"]


async def test_the_task_and_its_timeline_are_of_one_moment(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as busy:
        # What reads the events must wait, and by then the job has ended.
        await busy.execute(text("LOCK TABLE job_events IN ACCESS EXCLUSIVE MODE"))
        reading = asyncio.create_task(client.get(f"/todos/ical/{held.job_id}"))
        await blocked(sessions)
        assert await queries.retry(busy, held, "reason", after=timedelta(hours=1))
    body = (await reading).json()
    assert body["task_status"] == "STARTED"
    assert [each["kind"] for each in body["timeline"]] == ["accepted", "claimed"]


@pytest.mark.parametrize("task_id", ["2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11", "nonsense"])
async def test_an_unknown_task_has_no_timeline(client: httpx.AsyncClient, task_id: str) -> None:
    answer = await client.get(f"/todos/ical/{task_id}")
    assert (answer.status_code, answer.json()["error"]) == (404, "Task not found")


async def test_another_owners_task_has_none_either(client: httpx.AsyncClient, sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    assert (await client.get(f"/todos/ical/{job_id}")).status_code == 200
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.owner_id == BUILT_IN_OWNER).values(owner_id=uuid4()))
    assert (await client.get(f"/todos/ical/{job_id}")).status_code == 404
