"""The calendar job, row by row of the contract, made by a real worker in this process."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import insert, update

from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.main import create_app
from app.queue.messages import RenderCalendar
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import results
from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import FileRemoved
from app.storage.database import Sessions
from app.storage.schema import jobs, todos
from tests.support.api import all_sent
from tests.support.jobs import run


@pytest.fixture
async def finished(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> dict[str, Any]:
    """A job that ended in SUCCESS, with its file."""
    for title, deadline in (("One", "2026-12-01T10:00:00"), ("Two", "2026-12-02T10:00:00Z"), ("Three", None)):
        await client.post("/todos", json={"title": title, "deadline_at": deadline})
    job = (await client.post("/todos/ical")).json()
    await run(sessions, settings, job["task_id"])
    status = (await client.get(job["task_url"])).json()
    return {**status, "file": (await client.get(status["result_url"])).content}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"content": b"", "headers": {"content-type": "application/json"}},
        {"content": b"", "headers": {"content-type": "text/plain"}},
        {"json": {}},
    ],
)
async def test_a_calendar_can_be_asked_for_with_nothing(
    client: httpx.AsyncClient, request_: dict[str, Any]
) -> None:
    answer = await client.post("/todos/ical", **request_)
    assert answer.status_code == 202
    body = answer.json()
    assert list(body) == ["task_id", "task_url"]
    assert body["task_url"] == f"http://testserver/api/v1/todos/ical/{body['task_id']}/status"
    status = (await client.get(body["task_url"])).json()
    assert list(status)[:3] == ["task_id", "task_status", "result_url"]
    assert (status["task_id"], status["task_status"]) == (body["task_id"], "PENDING")
    assert (status["attempt"], status["options"]) == (0, {"component": "event", "name": "Todos"})


async def test_options_are_kept_with_the_job(client: httpx.AsyncClient) -> None:
    options = {
        "component": "both",
        "completed": False,
        "window": 0,
        "timezone": "Europe/Oslo",
        "alarm": 0,
        "name": "Hjem 🏠",
    }
    answer = await client.post("/todos/ical", json=options)
    assert (await client.get(answer.json()["task_url"])).json()["options"] == options


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"component": "journal"}, "/component"),
        ({"component": None}, "/component"),
        ({"completed": "yes"}, "/completed"),
        ({"completed": None}, "/completed"),
        ({"window": -1}, "/window"),
        ({"window": True}, "/window"),
        ({"window": "3"}, "/window"),
        ({"timezone": "Europe/Olso"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"timezone": ""}, "/timezone"),
        ({"alarm": -5}, "/alarm"),
        ({"alarm": 40_321}, "/alarm"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 81}, "/name"),
        ({"name": "a\r\nATTACH:x"}, "/name"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_a_bad_option_is_refused_at_once(
    client: httpx.AsyncClient, options: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/todos/ical", json=options)
    assert answer.status_code == 400
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("raw", [b"null", b"[]", b"0", b"{"])
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.post("/todos/ical", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400


async def test_a_finished_job_tells_what_became_of_the_todos(finished: dict[str, Any]) -> None:
    assert finished["task_status"] == "SUCCESS"
    assert (finished["todos"], finished["skipped"], finished["attempt"]) == (3, 1, 1)
    assert finished["bytes"] == len(finished["file"])
    assert finished["created_at"] <= finished["started_at"] <= finished["finished_at"]
    names = [event["summary"] for event in Calendar.from_ical(finished["file"]).walk("VEVENT")]
    assert names == ["One", "Two"]


async def test_the_file_has_the_headers_of_a_download(
    client: httpx.AsyncClient, finished: dict[str, Any]
) -> None:
    request = {"x-request-id": "one", "accept-encoding": "identity"}
    answer = await client.get(finished["result_url"], headers=request)
    digest = hashlib.sha256(finished["file"]).hexdigest()
    assert {name: answer.headers[name] for name in ("content-type", "etag", "content-disposition")} == {
        "content-type": "text/calendar; charset=utf-8",
        "etag": f'"{digest}"',
        "content-disposition": 'attachment; filename="taskoverflow.ics"',
    }
    assert (answer.headers["cache-control"], answer.headers["accept-ranges"]) == (
        "private, no-cache",
        "bytes",
    )
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["last-modified"].endswith("GMT")
    assert int(answer.headers["content-length"]) == len(finished["file"])
    head = await client.head(finished["result_url"], headers=request)
    assert (head.status_code, head.content, head.headers) == (200, b"", answer.headers)


async def test_a_client_that_has_the_file_is_not_sent_it_again(
    client: httpx.AsyncClient, finished: dict[str, Any]
) -> None:
    url = finished["result_url"]
    client.headers["accept-encoding"] = "identity"
    first = await client.get(url)
    etag, changed = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if-none-match": etag},
        {"if-none-match": f'"x", W/{etag}'},
        {"if-none-match": "*"},
        {"if-modified-since": changed},
        {"if-modified-since": changed.replace("GMT", "-0000")},
    ):
        answer = await client.get(url, headers=headers)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag), headers
    for headers in (
        {"if-none-match": '"x"'},
        {"if-none-match": '"x"', "if-modified-since": changed},
        {"if-modified-since": "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"if-modified-since": "whenever"},
        {"if-modified-since": f"Sat, 01 Jan {'9' * 40} 00:00:00 GMT"},
        {"if-modified-since": f"Sat, 01 Jan 2050 00:00:00 +{'9' * 40}"},
    ):
        assert (await client.get(url, headers=headers)).status_code == 200, headers


@pytest.mark.parametrize(
    ("range_", "status", "part"),
    [
        ("bytes=0-14", 206, slice(0, 15)),
        ("bytes=15-", 206, slice(15, None)),
        ("bytes=-15", 206, slice(-15, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=-99999999", 206, slice(0, None)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-5", 200, slice(0, None)),
        ("bytes=0-1,3-4", 200, slice(0, None)),
        ("lines=0-1", 200, slice(0, None)),
        ("bytes=-", 200, slice(0, None)),
        (f"bytes=0-{'9' * 5000}", 200, slice(0, None)),
        (f"bytes={'9' * 5000}-", 200, slice(0, None)),
    ],
)
async def test_a_part_of_the_file_can_be_read(
    client: httpx.AsyncClient, finished: dict[str, Any], range_: str, status: int, part: slice | None
) -> None:
    headers = {"range": range_, "accept-encoding": "identity"}
    answer = await client.get(finished["result_url"], headers=headers)
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{finished['bytes']}"
    else:
        assert answer.content == finished["file"][part]
        assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_part_of_another_version_is_not_mixed_in(
    client: httpx.AsyncClient, finished: dict[str, Any]
) -> None:
    headers = {"range": "bytes=0-4", "if-range": '"another"'}
    answer = await client.get(finished["result_url"], headers=headers)
    assert (answer.status_code, answer.content) == (200, finished["file"])


async def test_a_file_of_many_chunks_is_whole_and_its_parts_fit(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    rows = [
        {"owner_id": BUILT_IN_OWNER, "title": f"Todo {n} " + "å" * 60, "completed": False}
        for n in range(2500)
    ]
    async with sessions.begin() as session:
        await session.execute(insert(todos), rows)
    job = (await client.post("/todos/ical", json={"component": "todo"})).json()
    await run(sessions, settings, job["task_id"])
    url = job["task_url"].replace("status", "result")
    file = (await client.get(url)).content
    assert len(file) > 2 * 256 * 1024
    assert len(Calendar.from_ical(file).walk("VTODO")) == 2500
    edge = 256 * 1024
    part = await client.get(url, headers={"range": f"bytes={edge - 3}-{edge + 3}"})
    assert part.content == file[edge - 3 : edge + 4]


async def test_a_file_is_read_for_its_owner_alone(sessions: Sessions, finished: dict[str, Any]) -> None:
    async with sessions.begin() as session:
        job = await queries.find(session, BUILT_IN_OWNER, UUID(finished["task_id"]))
    assert job is not None
    cache = ChunkCache()
    stranger = replace(job, owner=OwnerId(uuid4()))
    part = results.stored(sessions, cache, job).part(0, 99)
    assert b"".join([chunk async for chunk in part]) == finished["file"][:100]
    with pytest.raises(FileRemoved):
        await anext(results.stored(sessions, cache, stranger).part(0, 99))


@pytest.mark.parametrize(
    ("row", "status", "error"),
    [
        ({}, 404, "Task not finished"),
        ({"state": "STARTED", "lease_until": "now"}, 404, "Task not finished"),
        ({"state": "RETRY"}, 404, "Task not finished"),
        ({"state": "FAILURE", "finished_at": "now", "error": "five attempts"}, 409, "Task failed"),
        ({"state": "REVOKED", "finished_at": "now"}, 410, "Task cancelled"),
        ({"state": "SUCCESS", "finished_at": "now", "removed_at": "now"}, 410, "Task expired"),
    ],
)
async def test_each_state_without_a_file_says_why(
    client: httpx.AsyncClient, sessions: Sessions, row: dict[str, str], status: int, error: str
) -> None:
    from sqlalchemy import func

    job_id = uuid4()
    values = {key: func.now() if value == "now" else value for key, value in row.items()}
    async with sessions.begin() as session:
        await session.execute(insert(jobs).values(id=job_id, owner_id=BUILT_IN_OWNER, options={}, **values))
    answer = await client.get(f"/todos/ical/{job_id}/result")
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("retry-after" in answer.headers) == (error == "Task not finished")
    assert row.get("error", "") in answer.json()["detail"]
    shown = (await client.get(f"/todos/ical/{job_id}/status")).json()
    assert shown["task_status"] == row.get("state", "PENDING")
    assert ("removed_at" in shown) == ("removed_at" in row)


@pytest.mark.parametrize("task_id", ["2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11", "7", "nonsense"])
@pytest.mark.parametrize("what", ["status", "result"])
async def test_an_unknown_task_is_not_found(client: httpx.AsyncClient, task_id: str, what: str) -> None:
    answer = await client.get(f"/todos/ical/{task_id}/{what}")
    assert (answer.status_code, answer.json()["error"]) == (404, "Task not found")


async def test_another_owners_job_is_not_found(client: httpx.AsyncClient, sessions: Sessions) -> None:
    job_id = (await client.post("/todos/ical")).json()["task_id"]
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(owner_id=uuid4()))
    assert (await client.get(f"/todos/ical/{job_id}/status")).status_code == 404


async def test_a_job_is_accepted_while_the_broker_is_down(database_url: str) -> None:
    application = create_app(
        Settings.model_validate({"database_url": database_url, "broker_url": "redis://127.0.0.1:1"})
    )
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as client,
    ):
        answer = await client.post("/api/v1/todos/ical")
        assert answer.status_code == 202
        assert (await client.get(answer.json()["task_url"])).json()["task_status"] == "PENDING"


async def test_a_broker_that_does_not_answer_does_not_keep_the_client(database_url: str) -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    application = create_app(
        Settings.model_validate({"database_url": database_url, "broker_url": f"redis://127.0.0.1:{port}"})
    )
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as client,
    ):
        assert (await client.post("/api/v1/todos/ical")).status_code == 202
    gone.set()
    server.close()
    await server.wait_closed()


async def test_the_message_carries_the_id_and_nothing_of_the_todos(
    client: httpx.AsyncClient, broker_url: str
) -> None:
    from redis import Redis

    job_id = (await client.post("/todos/ical")).json()["task_id"]
    await all_sent(client)
    with Redis.from_url(broker_url) as redis:
        (message,) = redis.hgetall(f"dramatiq:{RenderCalendar.queue}.msgs").values()
    assert job_id.encode() in message
