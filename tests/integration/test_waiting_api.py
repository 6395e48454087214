"""Answers that wait: for a state to change, and for a calendar to be made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from app.domain.jobs import JobState
from app.services.watching import Watching
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from tests.support.api import api
from tests.support.jobs import LEASE, claim, claimed, run
from tests.support.waiting import until

Client = httpx.AsyncClient
LONG = {"prefer": "wait=60"}


def waiting(application: FastAPI) -> int:
    watching: Watching = application.state.watching
    return watching.waiting


@asynccontextmanager
async def asking(
    application: FastAPI, client: Client, method: str, url: str, **how: Any
) -> "AsyncIterator[asyncio.Task[httpx.Response]]":
    """A request that waits while the block begins."""
    request = asyncio.create_task(client.request(method, url, **how))

    async def waits() -> bool:
        return waiting(application) > 0

    await until(waits, "a client that waits")
    yield request


async def posted(client: Client) -> tuple[str, str]:
    job = (await client.post("/todos/ical")).json()
    return job["task_id"], job["task_url"]


async def pending(client: Client) -> str:
    async def first() -> str | None:
        listed = (await client.get("/todos/ical")).json()
        return str(listed[0]["task_id"]) if listed else None

    return await until(first, "a job")


@pytest.mark.parametrize("how", [{"params": {"wait": 60}}, {"headers": LONG}])
async def test_a_status_comes_as_soon_as_the_state_changes(
    application: FastAPI, client: Client, sessions: Sessions, settings: Settings, how: dict[str, Any]
) -> None:
    job_id, url = await posted(client)
    async with asking(application, client, "GET", url, **how) as request:
        await run(sessions, settings, job_id)
    answer = await request
    assert answer.json()["task_status"] in {"STARTED", "SUCCESS"}
    assert answer.headers.get("preference-applied") == ("wait=60" if "headers" in how else None)
    assert answer.headers["cache-control"] == "no-store"
    again = await client.get(url, **how)
    assert (again.json()["task_status"], again.json()["progress"]) == ("SUCCESS", 1)
    assert waiting(application) == 0


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("wait=0", "wait=0"),
        ("respond-async, WAIT = 7", "wait=7"),
        ('wait="7"; strict', "wait=7"),
        ("wait=3, wait=9", "wait=3"),
        ("wait=9999", "wait=60"),
        ("wait=-1", None),
        ("wait", None),
        ("waiting=3", None),
        ("wait=999999999999999999999999", None),
        ("handling=lenient", None),
    ],
)
async def test_preferences_are_read_as_rfc_7240_has_them(
    client: Client, sessions: Sessions, settings: Settings, prefer: str, applied: str | None
) -> None:
    job_id, url = await posted(client)
    await run(sessions, settings, job_id)
    answer = await client.get(url, headers={"prefer": prefer})
    assert (answer.status_code, answer.headers.get("preference-applied")) == (200, applied)


async def test_the_parameter_counts_for_more_than_the_preference(client: Client) -> None:
    _, url = await posted(client)
    answer = await client.get(url, params={"wait": 0}, headers=LONG)
    assert (answer.json()["task_status"], "preference-applied" in answer.headers) == ("PENDING", False)


@pytest.mark.parametrize("wait", ["61", "-1", "1.5", "soon", ""])
async def test_a_wait_that_is_none_is_refused(client: Client, wait: str) -> None:
    _, url = await posted(client)
    answer = await client.get(url, params={"wait": wait})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/wait")


async def test_nobody_waits_for_a_task_that_is_not_there(client: Client) -> None:
    url = "/todos/ical/2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11/status"
    assert (await client.get(url, params={"wait": 60})).status_code == 404


async def test_an_answer_that_waits_is_not_taken_for_one_that_hangs(
    client: Client, settings: Settings
) -> None:
    _, url = await posted(client)
    # Long enough for a slow machine to look once, and shorter than the wait.
    hasty = settings.model_copy(update={"request_timeout": timedelta(seconds=1)})
    async with api(hasty) as hasty_client:
        assert (await hasty_client.get(url, params={"wait": 2})).json()["task_status"] == "PENDING"


async def test_who_would_rather_wait_is_answered_with_the_calendar_ready(
    application: FastAPI, client: Client, sessions: Sessions, settings: Settings
) -> None:
    await client.post("/todos", json={"title": "One", "deadline_at": "2026-12-01T10:00:00"})
    async with asking(application, client, "POST", "/todos/ical", headers=LONG) as request:
        job_id = await pending(client)
        await run(sessions, settings, job_id)
    answer = await request
    body = answer.json()
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=60")
    assert answer.headers["location"].endswith(f"/todos/ical/{job_id}/status")
    assert (body["task_id"], body["task_status"], body["todos"]) == (job_id, "SUCCESS", 1)
    assert (await client.get(body["result_url"])).status_code == 200
    assert body == (await client.get(answer.headers["location"])).json()


async def test_who_waits_in_vain_is_answered_as_ever(client: Client) -> None:
    answer = await client.post("/todos/ical", headers={"prefer": "wait=0"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=0")
    assert list(answer.json()) == ["task_id", "task_url"]


async def test_a_job_that_fails_meanwhile_was_accepted_all_the_same(
    application: FastAPI, client: Client, sessions: Sessions
) -> None:
    async with asking(application, client, "POST", "/todos/ical", headers=LONG) as request:
        (job,) = (await client.get("/todos/ical")).json()
        held = await claim(sessions, job["task_id"])
        assert held is not None
        async with sessions.begin() as session:
            assert await queries.fail(session, held, "reason")
    answer = await request
    assert (answer.status_code, answer.json()["task_id"]) == (202, job["task_id"])
    assert (await client.get(answer.json()["task_url"])).json()["task_status"] == "FAILURE"


async def test_where_nobody_more_may_wait_jobs_are_accepted_as_ever(
    application: FastAPI, client: Client
) -> None:
    application.state.watching.limit = 0
    answer = await client.post("/todos/ical", headers=LONG)
    assert (answer.status_code, "preference-applied" in answer.headers) == (202, False)
    refused = await client.get(answer.json()["task_url"], params={"wait": 60})
    assert (refused.status_code, refused.json()["error"]) == (503, "Too many watchers")
    assert refused.headers["retry-after"] == "5"


async def test_a_repeated_request_waits_for_the_job_of_the_first(
    application: FastAPI, client: Client, sessions: Sessions, settings: Settings
) -> None:
    key = {"idempotency-key": "k"}
    first = (await client.post("/todos/ical", headers=key)).json()
    async with asking(application, client, "POST", "/todos/ical", headers={**key, **LONG}) as request:
        await run(sessions, settings, first["task_id"])
    answer = await request
    assert (answer.status_code, answer.json()["task_id"]) == (200, first["task_id"])
    assert answer.headers["idempotency-replayed"] == "true"


async def test_a_client_that_goes_away_waits_no_longer(application: FastAPI, client: Client) -> None:
    _, url = await posted(client)
    gone = asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        del message

    path = httpx.URL(url).path
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"wait=60",
        "headers": [(b"host", b"testserver")],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "http_version": "1.1",
    }
    request = asyncio.create_task(application(scope, receive, send))

    async def waits() -> bool:
        return waiting(application) == 1

    await until(waits, "a client that waits")
    gone.set()
    await request
    assert waiting(application) == 0


async def test_each_heartbeat_tells_how_far_the_attempt_is(client: Client, sessions: Sessions) -> None:
    held = await claimed(sessions)
    url = f"/todos/ical/{held.job_id}/status"

    async def progress() -> tuple[str, float]:
        body = (await client.get(url)).json()
        return body["task_status"], body["progress"]

    assert await progress() == ("STARTED", 0)
    held.progress.total, held.progress.done = 8, 2
    async with sessions.begin() as session:
        assert await queries.heartbeat(session, held, lease=LEASE)
    assert await progress() == ("STARTED", 0.25)
    async with sessions.begin() as session:
        assert await queries.give_back(session, held, "stopped")
    assert await progress() == (JobState.RETRY, 0)
    again = await claim(sessions, held.job_id)
    assert again is not None
    assert await progress() == ("STARTED", 0)
