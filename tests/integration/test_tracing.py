"""One trace from the request for a calendar to the attempts at making it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, update
from structlog.contextvars import clear_contextvars, merge_contextvars
from structlog.testing import capture_logs

from app.main import create_app
from app.metrics.worker import WorkerMetrics
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import operations
from app.storage.database import Sessions, open_engine, open_sessions
from app.storage.schema import jobs
from tests.support import databases
from tests.support.api import all_sent, serving
from tests.support.feeds import token_of
from tests.support.jobs import end_lease
from tests.support.traces import Traced, id_of, links_of, parent_of, trace_of
from workers.calendars import make_calendar
from workers.runtime import Runtime
from workers.sweeper import Sweeper

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
POST, ATTEMPT = "POST /api/v1/todos/ical", "attempt render_calendar"


@pytest.fixture
def traced() -> Iterator[Traced]:
    yield Traced()
    clear_contextvars()


@pytest.fixture
async def client(settings: Settings, traced: Traced) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(create_app(settings, traced.service("api"))) as connected:
        yield connected


@pytest.fixture
async def runtime(settings: Settings, traced: Traced) -> AsyncIterator[Runtime]:
    tracing = traced.service("worker")
    engine = open_engine(settings.database_url, pool_size=5, name="tests")
    tracing.statements_of(engine)
    yield Runtime(open_sessions(engine), settings, metrics=WorkerMetrics.new().attempts, tracing=tracing)
    await engine.dispose()


@asynccontextmanager
async def sweeping(runtime: Runtime) -> AsyncIterator[Sweeper]:
    async with aclosing(Publisher.open(runtime.settings, tracing=runtime.tracing)) as publisher:
        yield Sweeper(runtime.sessions, publisher, runtime.settings, tracing=runtime.tracing)


async def ask(client: httpx.AsyncClient, **headers: str) -> UUID:
    return UUID((await client.post("/todos/ical", headers=headers)).json()["task_id"])


async def make(runtime: Runtime, job_id: UUID) -> None:
    async with runtime.attempt(job_id) as held:
        assert held is not None
        await make_calendar(runtime.sessions, held, timezone="UTC", max_bytes=10**6, tracing=runtime.tracing)


async def fail(runtime: Runtime, job_id: UUID) -> None:
    async with runtime.attempt(job_id) as held:
        assert held is not None
        raise ValueError("Marked-error")


async def die(runtime: Runtime, job_id: UUID) -> None:
    """As a worker does that is killed: nothing is told of its attempt, nor written."""
    async with runtime.sessions.begin() as session:
        assert await queries.claim(session, job_id, lease=runtime.settings.lease)
    await end_lease(runtime.sessions)


async def run_now(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(run_at=func.now()))


async def test_the_attempt_is_part_of_the_requests_trace(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    await make(runtime, await ask(client))
    await all_sent(client)
    (post,), (attempt,), (send,) = traced.named(POST), traced.named(ATTEMPT), traced.named("send ical")
    assert post.parent is None
    assert (trace_of(attempt), parent_of(attempt)) == (trace_of(post), post.context.span_id)
    assert parent_of(send) == post.context.span_id
    assert (post.kind.name, send.kind.name, attempt.kind.name) == ("SERVER", "PRODUCER", "CONSUMER")
    assert attempt.attributes is not None
    assert attempt.attributes["taskoverflow.outcome"] == "succeeded"
    assert attempt.status.is_unset
    (render,) = traced.named("render")
    assert parent_of(render) == attempt.context.span_id
    within = {parent_of(span) for name in ("postgres INSERT", "postgres WITH") for span in traced.named(name)}
    assert within >= {post.context.span_id, attempt.context.span_id, render.context.span_id}
    names = [span.resource.attributes["service.name"] for span in (post, attempt)]
    assert names == ["api", "worker"]


async def test_a_trace_that_has_begun_before_goes_on(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    await make(runtime, await ask(client, traceparent=f"00-{TRACE}-{SPAN}-01"))
    (post,), (attempt,) = traced.named(POST), traced.named(ATTEMPT)
    assert parent_of(post) == int(SPAN, 16)
    assert {trace_of(post), trace_of(attempt)} == {TRACE}


async def test_what_its_client_does_not_sample_is_not_told(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    await make(runtime, await ask(client, traceparent=f"00-{TRACE}-{SPAN}-00"))
    assert not traced.told.get_finished_spans()


async def test_a_retry_is_linked_to_the_attempts_before_it(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    job_id = await ask(client)
    for attempt in (fail, fail, make):
        await attempt(runtime, job_id)
        await run_now(runtime.sessions)
    first, second, third = traced.named(ATTEMPT)
    assert links_of(first) == []
    assert links_of(second) == [id_of(first)]
    assert links_of(third) == [id_of(first), id_of(second)]
    assert {parent_of(each) for each in (first, second, third)} == {traced.named(POST)[0].context.span_id}
    assert [each.status.is_ok or each.status.is_unset for each in (first, second, third)] == [
        False,
        False,
        True,
    ]


async def test_a_rescue_is_told_in_the_trace_and_linked_to_the_attempt_that_died(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    job_id = await ask(client)
    await die(runtime, job_id)
    async with sweeping(runtime) as sweeper:
        await sweeper.sweep()
    await make(runtime, job_id)
    (post,), (rescue,), (attempt,) = traced.named(POST), traced.named("rescue"), traced.named(ATTEMPT)
    assert trace_of(post) == trace_of(rescue) == trace_of(attempt)
    # The dead one never told of itself: its id is known from the job's and its number.
    assert links_of(rescue) == links_of(attempt) != []
    assert rescue.attributes is not None
    assert (rescue.attributes["taskoverflow.attempt"], rescue.attributes["taskoverflow.state"]) == (
        1,
        "RETRY",
    )


async def test_attempts_at_what_no_traced_request_asked_for_have_one_trace_too(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    job_id = await ask(client)
    await databases.execute(str(runtime.settings.database_url), "UPDATE jobs SET traceparent = NULL")
    for attempt in (fail, make):
        await attempt(runtime, job_id)
        await run_now(runtime.sessions)
    first, second = traced.named(ATTEMPT)
    assert (first.parent, second.parent) == (None, None)
    assert trace_of(first) == trace_of(second) != trace_of(traced.named(POST)[0])
    assert links_of(second) == [id_of(first)]


async def test_the_renders_of_a_calendar_that_is_subscribed_to_are_part_of_the_trace_that_asked(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    assert (await client.post("/calendars")).status_code == 201
    async with runtime.sessions.begin() as session:
        job_id = (await session.execute(select(jobs.c.id))).scalar_one()
    await make(runtime, job_id)
    (post,), (attempt,) = traced.named("POST /api/v1/calendars"), traced.named(ATTEMPT)
    assert (trace_of(attempt), parent_of(attempt)) == (trace_of(post), post.context.span_id)


async def test_a_job_that_runs_in_place_of_another_goes_on_in_its_trace(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    job_id, copy = await ask(client), uuid4()
    await client.delete(f"/todos/ical/{job_id}")
    async with runtime.sessions.begin() as session:
        assert await operations.copy(session, job_id, copy)
    await make(runtime, copy)
    assert trace_of(traced.named(ATTEMPT)[0]) == trace_of(traced.named(POST)[0])


async def test_what_is_asked_every_few_seconds_is_not_told(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/health"):
        await client.get(f"http://testserver{path}")
    async with sweeping(runtime) as sweeper:
        for duty in (sweeper.sweep, sweeper.render_feeds, sweeper.expire):
            await duty()
    assert not traced.told.get_finished_spans()


async def test_no_span_has_a_todo_or_a_secret(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    await databases.execute(
        str(runtime.settings.database_url), "ALTER TABLE todos ADD CHECK (title <> 'Marked-refused')"
    )
    await client.post("/todos", json={"title": "Marked-title", "description": "Marked-description"})
    assert (await client.post("/todos", json={"title": "Marked-refused"})).status_code == 500
    feed = (await client.post("/calendars", json={"name": "Marked-name"})).json()
    token = token_of(feed).text
    await client.get(f"/calendars/{token}.ics")
    await client.get(f"/todos?cursor={token}")
    # What somebody looks for is as much theirs as what they find.
    await client.get("/todos", params={"q": "Marked-title", "limit": "7"})
    job_id = await ask(client)
    await fail(runtime, job_id)
    await run_now(runtime.sessions)
    await make(runtime, job_id)
    words = traced.words()
    assert '"url.path": "/api/v1/calendars/' in words
    assert "q=\\u2026&limit=\\u2026" in words
    assert "error.type" in words
    assert "INSERT INTO todos" in words
    assert "Marked" not in words
    assert token not in words
    assert "$1" in words


async def test_a_span_has_the_kind_of_an_error_and_not_its_words(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced, database_url: str
) -> None:
    await client.post("/todos", json={"title": "Marked-title"})
    # Of a row that is refused Postgres quotes all: here the calendar itself.
    refuse = "ALTER TABLE result_chunks ADD CONSTRAINT refused CHECK (length(packed) = 0)"
    await databases.execute(database_url, refuse)
    await make(runtime, await ask(client))
    (render,) = traced.named("render")
    assert (render.status.is_ok, render.status.description) == (False, None)
    assert render.attributes == {"error.type": "IntegrityError"}
    assert "Failing row" not in traced.words()


async def test_log_lines_have_the_id_of_the_trace(
    client: httpx.AsyncClient, runtime: Runtime, traced: Traced
) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        job_id = await ask(client)
        await fail(runtime, job_id)
    said: dict[str, Any] = {line["event"]: line.get("trace_id") for line in lines}
    trace_id = trace_of(traced.named(POST)[0])
    for event in ("request", "attempt_started", "attempt_failed", "attempt_ended"):
        assert said[event] == trace_id, json.dumps(said)
