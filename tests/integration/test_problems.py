"""Errors that are no one's in particular."""

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings


@pytest.mark.parametrize("path", ["/nothing", "/todos/", "/todos/ical/x/y", "//todos"])
async def test_an_unknown_route_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert set(answer.json()) == {"type", "title", "status", "detail", "instance", "error"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/todos", "GET, HEAD, POST"),
        ("POST", "/todos/1", "DELETE, GET, HEAD, PATCH, PUT"),
        ("DELETE", "/todos/ical", "GET, HEAD, POST"),
        ("PUT", "/todos/ical/x", "DELETE, GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers.get_list("allow")) == (405, [allowed])
    assert answer.json()["error"] == "Method not allowed"


async def test_a_fault_of_ours_says_nothing_of_our_inside(
    application: FastAPI, client: httpx.AsyncClient
) -> None:
    @application.get("/api/v1/broken")
    async def broken() -> None:
        raise RuntimeError("SELECT secret FROM inside")

    answer = await client.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text


async def test_without_postgres_the_answer_is_503_and_when_to_try_again(broker_url: str) -> None:
    nowhere = Settings.model_validate(
        {"database_url": "postgresql://127.0.0.1:1/x", "broker_url": broker_url}
    )
    application = create_app(nowhere)
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        for method, path in (("GET", "/todos"), ("POST", "/todos/ical"), ("DELETE", "/todos/1")):
            answer = await client.request(method, f"/api/v1{path}")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            # With a COMMIT whose answer was lost, nobody knows.
            assert ("may have been done, or not" in answer.json()["detail"]) == (method != "GET")
            assert "nothing was changed" not in answer.json()["detail"]
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_health_is_ok_and_nothing_else(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.text) == (200, '{"status":"ok"}')


async def test_ready_without_a_broker_is_degraded(database_url: str) -> None:
    application = create_app(
        Settings.model_validate({"database_url": database_url, "broker_url": "redis://127.0.0.1:1"})
    )
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://testserver") as client,
    ):
        ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["broker"]) == (200, "degraded", "down")


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    get, head = await client.get("/health"), await client.head("/health")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
