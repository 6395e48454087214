"""What a sweeper counts: each case is all that it counts, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import timedelta

import pytest
from pydantic import PostgresDsn
from sqlalchemy import func, text, update
from structlog.testing import capture_logs

from app.domain.brokers import parse_broker_url
from app.metrics.worker import WorkerMetrics
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import sweeps
from app.storage.database import Sessions, open_engine, open_sessions
from app.storage.schema import jobs
from tests.support.jobs import COUNTS, a_job, claimed, end_lease
from tests.support.metrics import counted
from tests.support.waiting import until
from workers.sweeper import Sweeper


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics.new()


@pytest.fixture
async def sweeper(sessions: Sessions, settings: Settings, metrics: WorkerMetrics) -> AsyncIterator[Sweeper]:
    async with aclosing(Publisher.open(settings, metrics=metrics.sends)) as publisher:
        yield Sweeper(sessions, publisher, settings, metrics.sweeps)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"sweep_interval": timedelta(hours=1)})


async def ring_is_due(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(ring_at=func.now()))


async def swept(sweeper: Sweeper, metrics: WorkerMetrics) -> dict[str, float]:
    """What it counts until each of its duties was done once, or has failed."""
    running = asyncio.create_task(sweeper.run())

    async def all_of_them() -> bool:
        seen = counted(metrics.registry)
        return sum(count for name, count in seen.items() if name.startswith("sweeps_total")) == 3

    try:
        await until(all_of_them, "all duties")
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return counted(metrics.registry)


DONE = {'sweeps_total{outcome="done"}': 3.0}


async def test_a_sweep_with_nothing_to_do(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    await a_job(sweeper.sessions)
    assert await swept(sweeper, metrics) == DONE


async def test_what_was_rung_again(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    for _ in range(3):
        await a_job(sweeper.sessions)
    await ring_is_due(sweeper.sessions)
    assert await swept(sweeper, metrics) == DONE | {"messages_sent_total": 3}


async def test_what_the_broker_did_not_take(
    sessions: Sessions, settings: Settings, metrics: WorkerMetrics
) -> None:
    await a_job(sessions)
    await ring_is_due(sessions)
    nowhere = settings.model_copy(update={"broker_url": parse_broker_url("redis://127.0.0.1:1")})
    async with aclosing(Publisher.open(nowhere, metrics=metrics.sends)) as publisher:
        seen = await swept(Sweeper(sessions, publisher, settings, metrics.sweeps), metrics)
    assert seen == DONE | {"message_send_failures_total": 1}


async def test_a_rescue(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    await claimed(sweeper.sessions)
    await end_lease(sweeper.sessions)
    seen = await swept(sweeper, metrics)
    assert seen == DONE | {'rescues_total{state="RETRY"}': 1, "messages_sent_total": 1}


async def test_a_rescue_with_no_attempt_left(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    await claimed(sweeper.sessions)
    await end_lease(sweeper.sessions)
    last = Sweeper(
        sweeper.sessions,
        sweeper.publisher,
        sweeper.settings.model_copy(update={"max_attempts": 1}),
        sweeper.metrics,
    )
    assert await swept(last, metrics) == DONE | {
        'rescues_total{state="FAILURE"}': 1,
        'jobs_ended_total{state="FAILURE"}': 1,
    }


async def test_a_result_that_was_removed(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    held = await claimed(sweeper.sessions)
    async with sweeper.sessions.begin() as session:
        assert await queries.succeed(session, held, COUNTS, "")
        await session.execute(update(jobs).values(finished_at=func.now() - timedelta(days=8)))
    assert await swept(sweeper, metrics) == DONE | {"results_removed_total": 1}


async def test_a_job_that_was_forgotten(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    held = await claimed(sweeper.sessions)
    async with sweeper.sessions.begin() as session:
        assert await queries.fail(session, held, "")
        await session.execute(update(jobs).values(finished_at=func.now() - timedelta(days=31)))
    assert await swept(sweeper, metrics) == DONE | {"jobs_forgotten_total": 1}


async def test_a_sweep_while_another_leads(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    await a_job(sweeper.sessions)
    await ring_is_due(sweeper.sessions)
    async with sweeper.sessions.begin() as session:
        assert await sweeps.rescue(session, max_attempts=1, retry_backoff=timedelta(1)) == []
        assert await swept(sweeper, metrics) == DONE


async def test_a_sweep_that_failed(sweeper: Sweeper, metrics: WorkerMetrics) -> None:
    async with sweeper.sessions.begin() as session:
        await session.execute(text("ALTER TABLE result_chunks RENAME TO gone"))
    assert await swept(sweeper, metrics) == {
        'sweeps_total{outcome="done"}': 2,
        'sweeps_total{outcome="failed"}': 1,
    }


async def test_an_outage_of_postgres_takes_a_line_for_each_and_no_traceback(
    settings: Settings, metrics: WorkerMetrics
) -> None:
    engine = open_engine(PostgresDsn("postgresql://u:p@127.0.0.1:1/x"), pool_size=3, name="tests")
    async with aclosing(Publisher.open(settings, metrics=metrics.sends)) as publisher:
        with capture_logs() as lines:
            await swept(Sweeper(open_sessions(engine), publisher, settings, metrics.sweeps), metrics)
    assert sorted(line["duty"] for line in lines) == ["expire", "render_feeds", "sweep"]
    for line in lines:
        assert (line["event"], "exc_info" in line) == ("sweep_failed", False)
        assert "Connect call failed" in line["reason"]
