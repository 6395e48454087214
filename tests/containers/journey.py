"""The contract's way through the service, over HTTP from outside."""

import asyncio

import httpx

from tests.containers.shell import ROOT
from tests.containers.stack import Stack
from tests.support.asking import state
from tests.support.sample import the_sample_becomes_a_calendar


def go_through(stack: Stack) -> None:
    """All that the contract says of the way from a todo to its calendar; the service may have no todos yet."""
    with stack.client() as client:
        _see_health(stack, client)
        asyncio.run(the_sample_becomes_a_calendar(stack.url, client, ROOT / "docs/sample"))
        _keep_todos(client)
        asyncio.run(_make_a_calendar(stack, client))
        _be_refused(client)


def _see_health(stack: Stack, client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get(f"{stack.url}/readyz").json()["status"] == "ok"
    page = client.get(f"{stack.url}/")
    assert page.headers["content-type"].startswith("text/html"), page.headers


def _keep_todos(client: httpx.Client) -> None:
    made = client.post("/todos", json={"title": "Floating", "deadline_at": "2026-12-24T16:00:00"})
    assert made.status_code == 201
    assert made.json()["deadline_at"] == "2026-12-24T16:00:00"
    address = made.headers["location"]
    assert client.put(address, json={"completed": True}).json()["completed"] is True
    assert client.get("/todos", params={"completed": "true"}).json()[-1]["title"] == "Floating"
    assert client.delete(address).json()["title"] == "Floating"
    assert client.delete(address).json() == {}


async def _make_a_calendar(stack: Stack, client: httpx.Client) -> None:
    asked = client.post("/todos/ical")
    assert asked.status_code == 202
    task_id, task_url = list(asked.json().items())[0:2]
    assert task_id[0] == "task_id"
    assert task_url == ("task_url", f"{stack.url}/api/v1/todos/ical/{task_id[1]}/status")
    status = await state(client, task_url[1], "SUCCESS")
    result = client.get(status["result_url"])
    assert result.headers["content-type"] == "text/calendar; charset=utf-8"
    assert result.content.startswith(b"BEGIN:VCALENDAR\r\n")


def _be_refused(client: httpx.Client) -> None:
    for answer, status, error in (
        (client.post("/todos", json={}), 400, None),
        (client.post("/todos", content="title=x"), 415, None),
        (client.get("/todos/999999"), 404, "Todo not found"),
        (client.get(f"/todos/ical/{'0' * 8}-0000-4000-8000-{'0' * 12}/status"), 404, "Task not found"),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert error in {None, answer.json()["error"]}
