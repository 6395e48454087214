"""Todos in, a calendar out, through processes as users run them."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.support import databases
from tests.support.asking import ask, held_up, state
from tests.support.processes import COMMAND, Service, service
from tests.support.sample import the_sample_becomes_a_calendar
from tests.support.waiting import until

EXPECTED_DEADLINE = (
    "expected an ISO 8601 date or date-time, such as 2026-02-27T14:00:00 or 2026-02-27T14:00:00Z"
)


@pytest.fixture
def running(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Service]:
    # Sweeps are frequent so that what waits for them is quick; nothing depends on how frequent.
    hurry = {
        # No worker is thought dead because the machine stood still; who kills one makes it short.
        "TASKOVERFLOW_LEASE": "60",
        "TASKOVERFLOW_SWEEP_INTERVAL": "0.1",
        "TASKOVERFLOW_RETRY_BACKOFF": "0.1",
    }
    with service(database_url, broker_url, tmp_path, **hurry) as running:
        running.start_api()
        yield running


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        yield client


@asynccontextmanager
async def a_job_in_the_middle(running: Service, client: httpx.Client) -> AsyncIterator[str]:
    """A job that a worker has claimed, and can't go on with before the block ends."""
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        yield url


async def test_an_api_that_stops_answers_those_who_wait(running: Service, client: httpx.Client) -> None:
    url = ask(client)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as patient:
        waiting = asyncio.create_task(patient.get(url, params={"wait": 60}))
        hearing = asyncio.create_task(patient.get(url.replace("status", "events")))
        await until(partial(is_listening, running.database_url), "a client that waits")
        running.processes[0].send_signal(signal.SIGTERM)
        assert (await waiting).json()["task_status"] == "PENDING"
        assert "event: status" in (await hearing).text
    assert running.processes[0].wait() in {0, -signal.SIGTERM}


async def is_listening(database_url: str) -> bool:
    """Whether the API has heard that somebody waits, and listens to Postgres for it."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'taskoverflow-api-listening'"
        )
    finally:
        await connection.close()
    return bool(found)


async def test_the_sample_becomes_a_calendar_that_three_parsers_read(
    running: Service, client: httpx.Client, sample: Path
) -> None:
    running.start("worker")
    await the_sample_becomes_a_calendar(running.url, client, sample)


async def test_what_is_refused_is_told_by_its_line(running: Service, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f"title,deadline_at\nfine,\n{'x' * 81},\nbad,soon\n")
    done = subprocess.run(
        [*COMMAND, "todos", "import", file, "--url", running.url], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[1:]) == (
        1,
        [
            "line 3: refused: title: expected 1 to 80 characters, got 81",
            f"line 4: refused: deadline_at: {EXPECTED_DEADLINE}",
            "1 taken, 2 refused",
        ],
    )


async def test_a_job_outlives_a_worker_that_is_killed_in_the_middle(
    running: Service, client: httpx.Client
) -> None:
    client.post("/todos", json={"title": "a", "deadline_at": "2026-12-01"})
    running.settings["TASKOVERFLOW_LEASE"] = "1"
    worker = running.start("worker")
    async with a_job_in_the_middle(running, client) as url:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    running.settings["TASKOVERFLOW_LEASE"] = "60"
    running.start("worker")
    status = await state(client, url, "SUCCESS", "FAILURE")
    assert (status["task_status"], status["attempt"], status["todos"]) == ("SUCCESS", 2, 1)


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_cannot_finish(
    running: Service, client: httpx.Client
) -> None:
    running.settings["TASKOVERFLOW_DRAIN_SECONDS"] = "0.2"
    worker = running.start("worker")
    async with a_job_in_the_middle(running, client) as url:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
        status = client.get(url).json()
        assert (status["task_status"], status["error"]) == ("RETRY", "attempt 1 was stopped with its worker")
    running.start("worker")
    await state(client, url, "SUCCESS")


async def test_a_worker_that_is_told_to_stop_finishes_what_it_can(
    running: Service, client: httpx.Client
) -> None:
    worker = running.start("worker")
    async with a_job_in_the_middle(running, client) as url:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert client.get(url).json()["task_status"] == "SUCCESS"


async def test_a_cancelled_job_is_stopped_and_makes_room_for_the_next(
    running: Service, client: httpx.Client
) -> None:
    running.settings["TASKOVERFLOW_WORKER_THREADS"] = "1"
    running.start("worker")
    async with a_job_in_the_middle(running, client) as url:
        assert client.delete(url.removesuffix("/status")).json()["task_status"] == "REVOKED"
        # The lock still holds up whatever runs: the only thread is free because the attempt was stopped.
        other = ask(client)
        await state(client, other, "STARTED")
    await state(client, other, "SUCCESS")
    assert client.get(url).json()["task_status"] == "REVOKED"


async def test_a_job_whose_message_was_lost_is_made_all_the_same(
    running: Service, client: httpx.Client
) -> None:
    from redis import Redis

    url = ask(client)
    with Redis.from_url(running.broker_url) as redis:
        redis.flushdb()
    await databases.execute(running.database_url, "UPDATE jobs SET ring_at = now()")
    running.start("worker")
    assert (await state(client, url, "SUCCESS"))["attempt"] == 1


async def test_many_jobs_by_two_workers_are_each_done_once(running: Service, client: httpx.Client) -> None:
    client.post("/todos", json={"title": "a", "deadline_at": "2026-12-01"})
    running.start("worker")
    running.start("worker")
    for url in [ask(client, name=f"calendar {n}") for n in range(60)]:
        assert (await state(client, url, "SUCCESS"))["attempt"] == 1
