"""A task's changes, as a browser's EventSource hears of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.services.watching import Watching
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from tests.support.jobs import LEASE, NONE, claimed, read, run
from tests.support.waiting import until

Client = httpx.AsyncClient


@dataclass(frozen=True)
class Heard:
    """One event, as the standard has it read."""

    event: str
    id: str | None
    data: dict[str, Any]


def heard(answer: httpx.Response) -> list[Heard]:
    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in answer.text.split("\n\n")]
    return [
        Heard(block["event"], block.get("id"), json.loads(block["data"]))
        for block in blocks
        if "event" in block
    ]


async def somebody_listens(application: FastAPI) -> None:
    watching: Watching = application.state.watching

    async def does() -> bool:
        return watching.waiting > 0

    await until(does, "a client that listens")


@pytest.fixture
async def ended(client: Client, sessions: Sessions, settings: Settings) -> str:
    """The address of a job that has ended."""
    job = (await client.post("/todos/ical")).json()
    await run(sessions, settings, job["task_id"])
    return f"/todos/ical/{job['task_id']}"


async def test_all_that_happens_is_told_in_order_and_ends_with_the_job(
    application: FastAPI, client: Client, sessions: Sessions
) -> None:
    held = await claimed(sessions)
    url = f"/todos/ical/{held.job_id}"
    hearing = asyncio.create_task(client.get(f"{url}/events"))

    await somebody_listens(application)
    held.progress.total, held.progress.done = 4, 1
    async with sessions.begin() as session:
        assert await queries.heartbeat(session, held, lease=LEASE)
    async with sessions.begin() as session:
        assert await queries.retry(session, held, "reason", after=NONE)
    async with sessions.begin() as session:
        again = await queries.claim(session, held.job_id, lease=LEASE)
    assert again is not None
    async with sessions.begin() as session:
        assert await queries.fail(session, again, "the last reason")
    answer = await hearing
    assert answer.headers["cache-control"] == "no-store"
    told = heard(answer)
    timeline = [each for each in told if each.event == "timeline"]
    assert [each.data for each in timeline] == (await client.get(url)).json()["timeline"]
    numbers = [int(each.id or "") for each in timeline]
    assert numbers == sorted(set(numbers))
    states = [each for each in told if each.event == "status"]
    assert {each.id for each in states} == {None}
    assert told[-1] == Heard("status", None, (await client.get(f"{url}/status")).json())
    assert told[-1].data["task_status"] == "FAILURE"
    assert application.state.watching.waiting == 0


async def test_progress_is_told_as_well(application: FastAPI, client: Client, sessions: Sessions) -> None:
    held = await claimed(sessions)
    hearing = asyncio.create_task(client.get(f"/todos/ical/{held.job_id}/events"))

    await somebody_listens(application)
    held.progress.total = 4

    async def further() -> bool:
        held.progress.done += 1
        async with sessions.begin() as session:
            assert await queries.heartbeat(session, held, lease=LEASE)
        return held.progress.done == 4

    await until(further, "the end")
    async with sessions.begin() as session:
        assert await queries.fail(session, held, "reason")
    progress = [each.data["progress"] for each in heard(await hearing) if each.event == "status"]
    assert (progress[-1], progress) == (1, sorted(progress))
    assert (await read(sessions, held.job_id)).progress == 1


async def test_after_a_lost_connection_only_what_was_missed_is_told(client: Client, ended: str) -> None:
    whole = heard(await client.get(f"{ended}/events"))
    first, *missed = [each for each in whole if each.event == "timeline"]
    assert first.id == "0"
    answer = await client.get(f"{ended}/events", headers={"last-event-id": "0"})
    assert [each for each in heard(answer) if each.event == "timeline"] == missed
    assert heard(answer)[-1].data["task_status"] == "SUCCESS"


async def test_who_has_heard_everything_is_told_to_come_back_no_more(client: Client, ended: str) -> None:
    whole = heard(await client.get(f"{ended}/events"))
    last = [each.id for each in whole if each.id is not None][-1]
    answer = await client.get(f"{ended}/events", headers={"last-event-id": last})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 19, "²"])
async def test_an_id_of_no_event_is_refused(client: Client, ended: str, last: str) -> None:
    answer = await client.get(f"{ended}/events", headers={b"last-event-id": last.encode()})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/Last-Event-ID")


async def test_of_a_task_that_is_not_there_nothing_is_told(client: Client) -> None:
    answer = await client.get(f"/todos/ical/{uuid4()}/events")
    assert (answer.status_code, answer.json()["error"]) == (404, "Task not found")


async def test_head_says_what_would_come_and_waits_for_nothing(application: FastAPI, client: Client) -> None:
    job = (await client.post("/todos/ical")).json()
    answer = await client.head(f"/todos/ical/{job['task_id']}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in answer.headers
    assert application.state.watching.waiting == 0


async def test_where_nobody_more_may_listen_one_is_told_when_to_come_back(
    application: FastAPI, client: Client
) -> None:
    job = (await client.post("/todos/ical")).json()
    application.state.watching.limit = 0
    refused = await client.get(f"/todos/ical/{job['task_id']}/events")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
