"""What a worker counts of its attempts: each case is all that it counts, and nothing else."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from dramatiq.brokers.stub import StubBroker
from sqlalchemy import select, text, update
from sqlalchemy.exc import ProgrammingError

from app.domain.jobs import JOB_VERSION
from app.metrics.worker import WorkerMetrics
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.jobs import COUNTS, a_job
from tests.support.locks import blocked
from tests.support.metrics import counted
from tests.support.waiting import until
from workers.actors import Actors
from workers.calendars import make_calendar
from workers.runtime import Runtime


@pytest.fixture
async def job_id(sessions: Sessions) -> UUID:
    return await a_job(sessions)


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics.new()


@pytest.fixture
def runtime(sessions: Sessions, settings: Settings, metrics: WorkerMetrics) -> Runtime:
    return Runtime(sessions, settings, metrics=metrics.attempts)


def hurried(runtime: Runtime) -> Runtime:
    """With heartbeats that come soon, and are not given up too soon for a machine that is loaded."""
    runtime.settings = runtime.settings.model_copy(update={"lease": timedelta(seconds=4)})
    return runtime


def on_its_last_attempt(runtime: Runtime) -> Runtime:
    runtime.settings = runtime.settings.model_copy(update={"max_attempts": 1})
    return runtime


async def lose_the_job(sessions: Sessions) -> None:
    """As if another attempt had begun."""
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(attempt=jobs.c.attempt + 1))


async def cancellation() -> None:
    """Wait to be cancelled; what never comes is an error, and not a test that hangs."""
    await asyncio.wait_for(asyncio.Event().wait(), 30)


def explode() -> None:
    raise ValueError


def an_attempt(outcome: str) -> dict[str, float]:
    return {f'attempts_total{{outcome="{outcome}"}}': 1, "attempt_duration_seconds_count": 1}


def refused(write: str) -> dict[str, float]:
    return {**an_attempt("fenced"), f'fenced_writes_total{{write="{write}"}}': 1}


async def test_a_calendar_that_was_made(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id) as held:
        assert held is not None
        await make_calendar(runtime.sessions, held, timezone="UTC", max_bytes=1024)
    assert counted(metrics.registry) == an_attempt("succeeded") | {'jobs_ended_total{state="SUCCESS"}': 1}


async def test_a_calendar_that_another_job_waited_for_too(
    runtime: Runtime, metrics: WorkerMetrics, job_id: UUID
) -> None:
    await a_job(runtime.sessions)
    actors = Actors(StubBroker())
    actors.runtime = runtime
    await actors.render_calendar(str(job_id), JOB_VERSION)
    assert counted(metrics.registry) == an_attempt("succeeded") | {'jobs_ended_total{state="SUCCESS"}': 2}


async def test_an_error(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id):
        explode()
    assert counted(metrics.registry) == an_attempt("retry")


async def test_the_last_error(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with on_its_last_attempt(runtime).attempt(job_id):
        explode()
    assert counted(metrics.registry) == an_attempt("failed") | {'jobs_ended_total{state="FAILURE"}': 1}


async def test_a_job_that_was_given_back(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id):
        asyncio.get_running_loop().call_soon(runtime.give_up)
        await cancellation()
    assert counted(metrics.registry) == an_attempt("given_back")


async def test_a_last_attempt_that_was_stopped(
    runtime: Runtime, metrics: WorkerMetrics, job_id: UUID
) -> None:
    async with on_its_last_attempt(runtime).attempt(job_id):
        asyncio.get_running_loop().call_soon(runtime.give_up)
        await cancellation()
    assert counted(metrics.registry) == an_attempt("failed") | {'jobs_ended_total{state="FAILURE"}': 1}


async def test_a_message_that_came_twice(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id), runtime.attempt(job_id):
        assert not counted(metrics.registry)


async def test_a_refused_heartbeat(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with hurried(runtime).attempt(job_id):
        await lose_the_job(runtime.sessions)
        await cancellation()
    assert counted(metrics.registry) == refused("heartbeat")


async def test_a_refused_result(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id) as held:
        assert held is not None
        await lose_the_job(runtime.sessions)
        await make_calendar(runtime.sessions, held, timezone="UTC", max_bytes=1024)
    assert counted(metrics.registry) == refused("result")


async def test_a_refused_retry(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id):
        await lose_the_job(runtime.sessions)
        explode()
    assert counted(metrics.registry) == refused("retry")


async def test_a_refused_failure(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with on_its_last_attempt(runtime).attempt(job_id):
        await lose_the_job(runtime.sessions)
        explode()
    assert counted(metrics.registry) == refused("failure")


async def test_a_refused_giving_back(runtime: Runtime, metrics: WorkerMetrics, job_id: UUID) -> None:
    async with runtime.attempt(job_id):
        await lose_the_job(runtime.sessions)
        asyncio.get_running_loop().call_soon(runtime.give_up)
        await cancellation()
    assert counted(metrics.registry) == refused("give_back")


async def end_without_a_timeline(runtime: Runtime, job_id: UUID) -> None:
    async with runtime.attempt(job_id):
        async with runtime.sessions.begin() as session:
            await session.execute(text("ALTER TABLE job_events RENAME TO gone"))
        explode()


async def test_an_end_that_could_not_be_written(
    runtime: Runtime, metrics: WorkerMetrics, job_id: UUID
) -> None:
    with pytest.raises(ProgrammingError):
        await end_without_a_timeline(runtime, job_id)
    assert counted(metrics.registry) == an_attempt("unwritten")


async def test_a_heartbeat_that_waits_for_the_commit_of_its_own_result(
    runtime: Runtime, metrics: WorkerMetrics, job_id: UUID
) -> None:
    async with hurried(runtime).attempt(job_id) as held:
        assert held is not None
        async with runtime.sessions.begin() as writer:
            assert await queries.succeed(writer, held, COUNTS, "")
            await blocked(runtime.sessions)
        # The beat goes on from here, and finds the job ended.
        async with runtime.sessions.begin() as session:
            await session.execute(select(jobs).with_for_update())
    assert counted(metrics.registry) == an_attempt("succeeded") | {'jobs_ended_total{state="SUCCESS"}': 1}


async def test_a_heartbeat_that_gets_no_answer(
    runtime: Runtime, metrics: WorkerMetrics, job_id: UUID
) -> None:
    async def noticed() -> bool:
        return "heartbeat_failures_total" in counted(metrics.registry)

    async with hurried(runtime).attempt(job_id):
        async with runtime.sessions.begin() as session:
            await session.execute(select(jobs).with_for_update())
            await until(noticed, "a heartbeat that failed")
        failures = counted(metrics.registry)["heartbeat_failures_total"]
    assert counted(metrics.registry) == an_attempt("succeeded") | {
        "heartbeat_failures_total": failures,
        'jobs_ended_total{state="SUCCESS"}': 1,
    }
