"""Workers that are killed or told to stop, and brokers that go away."""

import signal
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.support.asking import ask, held_up, state
from tests.support.brokers import BrokerUnderTest, RedisUnderTest
from tests.support.processes import Service, service
from tests.support.waiting import until, wait_until


async def test_the_job_of_a_killed_worker_is_made_by_another(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    running.settings["TASKOVERFLOW_LEASE"] = "1"
    worker = running.start("worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    running.settings["TASKOVERFLOW_LEASE"] = "60"
    running.start("worker")
    status = await state(client, url, "SUCCESS", "FAILURE")
    assert (status["task_status"], status["attempt"]) == ("SUCCESS", 2)
    # Its message comes back too, and not only after hours.
    wait_until(lambda: broker.waiting() == broker.unacknowledged() == 0, "an empty queue")


async def test_what_a_draining_worker_fetched_ahead_goes_to_another_at_once(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    running.settings |= {"TASKOVERFLOW_WORKER_THREADS": "1", "TASKOVERFLOW_DRAIN_SECONDS": "300"}
    first = running.start("worker")
    running.settings["TASKOVERFLOW_WORKER_THREADS"] = "2"
    async with held_up(running.database_url):
        long_one = ask(client, name="long")
        await state(client, long_one, "STARTED")
        ahead = ask(client, name="fetched ahead")
        wait_until(lambda: broker.unacknowledged() == 2, "a worker that has fetched ahead")
        first.send_signal(signal.SIGTERM)
        wait_until(lambda: "worker_draining" in running.log_of(first), "the drain")
        late = ask(client, name="not to be fetched any more")
        running.start("worker")
        # The first still holds the long one, and can't end before this block does.
        await state(client, ahead, "STARTED")
        await state(client, late, "STARTED")
        assert first.poll() is None
    for url in (long_one, ahead, late):
        await state(client, url, "SUCCESS")
    assert first.wait() == 0
    assert client.get(long_one).json()["attempt"] == 1


async def test_a_long_job_is_given_back_when_the_drain_time_is_over(
    running: Service, client: httpx.Client
) -> None:
    running.settings["TASKOVERFLOW_DRAIN_SECONDS"] = "0.2"
    worker = running.start("worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
        assert client.get(url).json()["task_status"] == "RETRY"
    running.start("worker")
    assert (await state(client, url, "SUCCESS"))["attempt"] == 2


async def test_a_job_is_given_back_in_time_with_the_broker_gone(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    running.settings |= {"TASKOVERFLOW_DRAIN_SECONDS": "0.2", "TASKOVERFLOW_WORKER_THREADS": "1"}
    worker = running.start("worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        ask(client, name="fetched ahead")
        wait_until(lambda: broker.unacknowledged() == 2, "a worker that has fetched ahead")
        broker.go_away()
        worker.send_signal(signal.SIGTERM)
        await state(client, url, "RETRY")
    assert worker.wait(timeout=60) == 0
    assert "Traceback" not in running.log_of(worker)


@pytest.mark.parametrize("resend_after", ["0.2"])
async def test_a_job_that_is_asked_for_without_a_broker_is_made_when_it_is_back(
    running: Service, client: httpx.Client, broker: BrokerUnderTest, resend_after: str
) -> None:
    del resend_after
    broker.go_away()
    assert client.get(f"{running.url}/readyz").json()["broker"] == "down"
    url = ask(client)
    running.start("worker")
    broker.come_back()
    assert (await state(client, url, "SUCCESS"))["attempt"] == 1


async def test_a_broker_that_goes_away_in_mid_job_costs_no_job(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    worker = running.start("worker")
    async with held_up(running.database_url):
        first = ask(client)
        await state(client, first, "STARTED")
        broker.go_away()
    status = await state(client, first, "SUCCESS", "FAILURE")
    assert (status["task_status"], status["attempt"]) == ("SUCCESS", 1)
    broker.come_back()
    second = ask(client)
    assert (await state(client, second, "SUCCESS"))["attempt"] == 1
    assert worker.poll() is None

    async def acknowledged() -> bool:
        return broker.waiting() == broker.unacknowledged() == 0

    await until(acknowledged, "an empty queue, the message of the first job included")


async def test_a_redis_that_is_full_for_a_while_strands_no_message(
    redis: RedisUnderTest, database_url: str, tmp_path: Path
) -> None:
    hurry = {"TASKOVERFLOW_RESEND_AFTER": "3600", "dramatiq_restart_delay": "100"}
    with service(database_url, redis.url, tmp_path, **hurry) as running, Redis.from_url(redis.url) as server:
        running.start_api()
        with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
            worker = running.start("worker")
            async with held_up(database_url):
                url = ask(client)
                await state(client, url, "STARTED")
                server.config_set("maxmemory", 1)
            await state(client, url, "SUCCESS")
            wait_until(lambda: "Failed to post_process_message" in running.log_of(worker), "a refused answer")
            server.config_set("maxmemory", 0)
            wait_until(lambda: redis.unacknowledged() == 0, "the answer, in the end")
            assert "Traceback" not in running.log_of(worker)
