"""``/metrics`` of the API."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.openmetrics import parser as openmetrics
from pydantic import PostgresDsn

from app.domain.brokers import parse_broker_url
from app.main import create_app
from app.settings import Settings
from tests.support.api import all_sent
from tests.support.metrics import samples

ACCEPTED, SENT, UNSENT = (
    "taskoverflow_jobs_accepted_total",
    "taskoverflow_messages_sent_total",
    "taskoverflow_message_send_failures_total",
)
REVOKED = 'taskoverflow_jobs_ended_total{state="REVOKED"}'
UP, PENDING = "taskoverflow_database_up", 'taskoverflow_jobs{state="PENDING"}'


async def scrape(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("http://testserver/metrics")
    assert answer.status_code == 200
    return samples(answer.text)


async def test_it_is_what_prometheus_reads(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://testserver/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples(answer.text)[UP] == 1
    assert 'taskoverflow_build_info{version="' in answer.text
    assert "\nprocess_resident_memory_bytes " in answer.text
    assert "\npython_info{" in answer.text
    assert "_created" not in answer.text


async def test_openmetrics_is_spoken_where_it_is_asked_for(client: httpx.AsyncClient) -> None:
    wanted = "application/openmetrics-text; version=1.0.0"
    answer = await client.get("http://testserver/metrics", headers={"accept": wanted})
    assert answer.headers["content-type"].startswith(wanted)
    families = openmetrics.text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
    assert "taskoverflow_jobs_accepted" in {family.name for family in families}


async def test_it_is_no_part_of_the_public_schema(client: httpx.AsyncClient) -> None:
    schema = (await client.get("http://testserver/openapi.json")).json()
    assert "/metrics" not in schema["paths"]


async def test_a_job_is_counted_when_it_is_accepted_and_when_it_waits(client: httpx.AsyncClient) -> None:
    assert (await client.post("/todos/ical", json={"component": "nonsense"})).is_client_error
    assert (await client.post("/todos/ical")).status_code == 202
    await all_sent(client)
    seen = await scrape(client)
    assert (seen[ACCEPTED], seen[SENT], seen[UNSENT], seen[PENDING]) == (1, 1, 0, 1)


async def test_what_is_asked_for_again_with_its_key_is_accepted_once(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await client.post("/todos/ical", headers={"idempotency-key": "k"})).status_code == 202
    await all_sent(client)
    seen = await scrape(client)
    assert (seen[ACCEPTED], seen[SENT]) == (1, 1)


async def test_a_job_is_cancelled_once(client: httpx.AsyncClient) -> None:
    task_id = (await client.post("/todos/ical")).json()["task_id"]
    assert (await scrape(client))[REVOKED] == 0
    for _ in range(2):
        assert (await client.delete(f"/todos/ical/{task_id}")).is_success
    assert (await scrape(client))[REVOKED] == 1


async def scrape_of(application: FastAPI, *, post: bool) -> tuple[int, dict[str, float]]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://testserver/api/v1") as client,
    ):
        status = (await client.post("/todos/ical")).status_code if post else 0
        await all_sent(client)
        return status, await scrape(client)


async def test_a_job_whose_message_was_not_sent_is_accepted_all_the_same(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"broker_url": parse_broker_url("redis://127.0.0.1:1")})
    status, seen = await scrape_of(create_app(nowhere), post=True)
    assert (status, seen[ACCEPTED], seen[SENT], seen[UNSENT]) == (202, 1, 0, 1)


@pytest.mark.parametrize("post", [True, False])
async def test_without_postgres_the_rest_is_answered(settings: Settings, *, post: bool) -> None:
    nowhere = settings.model_copy(update={"database_url": PostgresDsn("postgresql://u:p@127.0.0.1:1/x")})
    _, seen = await scrape_of(create_app(nowhere), post=post)
    assert (seen[UP], seen[ACCEPTED], PENDING in seen) == (0, 0, False)
