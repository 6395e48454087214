"""Requests as operators see them: their ids, their lines in the log, and what is counted of them."""

import asyncio
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.contextvars import clear_contextvars, merge_contextvars
from structlog.testing import capture_logs

from tests.support import databases
from tests.support.api import serving
from tests.support.metrics import samples
from tests.support.waiting import until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
Lines = list[MutableMapping[str, Any]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs(processors=[merge_contextvars]) as captured:
        yield captured
    clear_contextvars()


def requests(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "request"]


async def scraped(client: httpx.AsyncClient) -> dict[str, float]:
    return samples((await client.get("http://testserver/metrics")).text)


async def test_a_request_is_answered_with_the_id_it_came_with(
    client: httpx.AsyncClient, lines: Lines
) -> None:
    answer = await client.get("/todos", headers={"X-Request-ID": "abc-7"})
    assert answer.headers.get_list("x-request-id") == ["abc-7"]
    assert [line["request_id"] for line in requests(lines)] == ["abc-7"]


@pytest.mark.parametrize("given", [{}, {"X-Request-ID": "a b"}, {"X-Request-ID": "a" * 129}])
async def test_else_with_one_of_its_own(client: httpx.AsyncClient, given: dict[str, str]) -> None:
    answers = [await client.get("/todos", headers=given) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert ids.isdisjoint(given.values())


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("DELETE", "/health", 405),
        ("POST", "/todos", 400),
        ("HEAD", "/todos", 200),
    ],
)
async def test_every_answer_has_one(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await client.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers["x-request-id"]


async def test_an_unexpected_error_has_one_too(application: FastAPI, lines: Lines) -> None:
    @application.get("/explode")
    async def explode() -> None:
        raise ValueError

    async with serving(application) as client:
        answer = await client.get("http://testserver/explode", headers={"X-Request-ID": "abc-7"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "abc-7")
    (line,) = requests(lines)
    assert (line["status"], line["route"], line["request_id"]) == (500, "/explode", "abc-7")


async def test_a_line_has_the_route_and_not_the_path(client: httpx.AsyncClient, lines: Lines) -> None:
    await client.put("/todos/77", json={"title": "a"})
    await client.get("/made/up/by/its/client")
    await client.get("http://testserver/static/app.js")
    said = [(line["method"], line["route"], line["status"]) for line in requests(lines)]
    assert said[:2] == [("PUT", "/api/v1/todos/{todo_id}", 404), ("GET", "none", 404)]
    assert said[2][:2] == ("GET", "/static/{file}")
    assert all(line["seconds"] > 0 for line in requests(lines))


async def test_probes_and_scrapes_are_told_of_in_a_whisper(client: httpx.AsyncClient, lines: Lines) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/health"):
        assert (await client.get(f"http://testserver{path}")).is_success
    assert [line["log_level"] for line in requests(lines)] == ["debug"] * 4


async def test_the_line_of_a_post_names_the_job_that_it_made(client: httpx.AsyncClient, lines: Lines) -> None:
    task_id = (await client.post("/todos/ical")).json()["task_id"]
    await client.get(f"/todos/ical/{task_id}/status")
    await client.get("/todos")
    assert [line.get("job_id") for line in requests(lines)] == [task_id, task_id, None]


async def test_the_trace_that_a_client_sends_is_in_the_line(client: httpx.AsyncClient, lines: Lines) -> None:
    await client.get("/todos", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})
    await client.get("/todos", headers={"traceparent": "nonsense"})
    assert [line.get("trace_id") for line in requests(lines)] == [TRACE, None]


async def test_clients_that_wait_are_counted(client: httpx.AsyncClient) -> None:
    task_id = (await client.post("/todos/ical")).json()["task_id"]
    waiting = asyncio.create_task(client.get(f"/todos/ical/{task_id}/status?wait=60"))

    async def one_waits() -> bool:
        return (await scraped(client))["taskoverflow_waiting_clients"] == 1

    await until(one_waits, "a client that waits")
    await client.delete(f"/todos/ical/{task_id}")
    assert (await waiting).json()["task_status"] == "REVOKED"
    assert (await scraped(client))["taskoverflow_waiting_clients"] == 0


async def test_what_serves_all_requests_is_not_said_to_be_of_one(
    client: httpx.AsyncClient, database_url: str, lines: Lines
) -> None:
    task_id = (await client.post("/todos/ical")).json()["task_id"]
    waiting = asyncio.create_task(client.get(f"/todos/ical/{task_id}/status?wait=60"))

    async def told() -> Lines:
        await databases.execute(database_url, END_LISTENING)
        return [line for line in lines if line["event"] == "not_listening"]

    (line, *_) = await until(told, "a listener that lost its connection")
    assert "request_id" not in line
    await client.delete(f"/todos/ical/{task_id}")
    await waiting


END_LISTENING = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'taskoverflow-api-listening' AND datname = current_database()
"""


async def test_requests_are_counted_by_route_and_class_of_status(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.get(f"/todos/{number + 70}")
        await client.request(f"MADE{number}UP", f"/made/up/{number}")
    text = (await client.get("http://testserver/metrics")).text
    ours = [line for line in text.splitlines() if line.startswith("http_requests_total")]
    one = 'http_requests_total{method="GET",route="/api/v1/todos/{todo_id}",status="4xx"} 3.0'
    assert one in ours
    assert 'http_requests_total{method="other",route="none",status="4xx"} 3.0' in ours
    timed = 'http_request_duration_seconds_count{method="GET",route="/api/v1/todos/{todo_id}"} 3.0'
    assert timed in text
    assert "http_requests_in_progress 1.0" in text


async def test_each_route_is_there_before_its_first_request(client: httpx.AsyncClient) -> None:
    text = (await client.get("http://testserver/metrics")).text
    for status in ("2xx", "4xx", "5xx"):
        assert (
            f'http_requests_total{{method="POST",route="/api/v1/todos/ical",status="{status}"}} 0.0' in text
        )


async def test_a_client_that_goes_away_before_its_answer_is_told_of(
    application: FastAPI, lines: Lines
) -> None:
    async with serving(application):
        await leave_in_mid_body(application)
    (line,) = requests(lines)
    assert (line["method"], line["status"]) == ("POST", 499)


async def test_so_is_one_that_does_not_wait_for_it(application: FastAPI, lines: Lines) -> None:
    async with serving(application) as client:
        task_id = (await client.post("/todos/ical")).json()["task_id"]
        await leave(application, f"/api/v1/todos/ical/{task_id}/status", b"wait=60")
        text = (await client.get("http://testserver/metrics")).text
    assert requests(lines)[1]["status"] == 499
    labels = 'method="GET",route="/api/v1/todos/ical/{task_id}/status",status="4xx"'
    assert f"http_requests_total{{{labels}}} 1.0" in text


async def leave(application: FastAPI, path: str, query: bytes) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [(b"host", b"testserver")],
    }

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        """Nobody is there to hear it."""

    await application(scope, receive, send)


async def leave_in_mid_body(application: FastAPI) -> None:
    headers = [(b"host", b"testserver"), (b"content-length", b"7")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/todos",
        "query_string": b"",
        "headers": headers,
    }

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        raise AssertionError(message)

    await application(scope, receive, send)
