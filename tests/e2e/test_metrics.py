"""Metrics of processes as they run, scraped over HTTP."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli.local.ports import free_port
from tests.support.asking import ask, held_up, state
from tests.support.metrics import scrape
from tests.support.processes import Service, service
from tests.support.waiting import wait_until


@pytest.fixture
def running(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Service]:
    # Frequent sweeps make it quick; nothing depends on how frequent they are.
    hurry = {
        # No worker is thought dead because the machine stood still; who stops one makes it short.
        "TASKOVERFLOW_LEASE": "60",
        "TASKOVERFLOW_SWEEP_INTERVAL": "0.1",
        "TASKOVERFLOW_METRICS_PORT": str(free_port()),
    }
    with service(database_url, broker_url, tmp_path, **hurry) as running:
        running.start_api()
        yield running


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        yield client


def metrics_port(running: Service) -> int:
    return int(running.settings["TASKOVERFLOW_METRICS_PORT"])


def fenced_writes(port: int) -> float:
    return sum(value for name, value in scrape(port).items() if name.startswith("taskoverflow_fenced_writes"))


async def test_what_a_zombie_writes_is_refused_and_counted(running: Service, client: httpx.Client) -> None:
    running.settings["TASKOVERFLOW_LEASE"] = "1"
    zombie, port = running.start("worker"), metrics_port(running)
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        assert fenced_writes(port) == 0
        zombie.send_signal(signal.SIGSTOP)
        running.settings |= {"TASKOVERFLOW_METRICS_PORT": str(free_port()), "TASKOVERFLOW_LEASE": "60"}
        running.start("worker")
        wait_until(lambda: client.get(url).json()["attempt"] == 2, "another attempt")
    assert (await state(client, url, "SUCCESS"))["attempt"] == 2

    zombie.send_signal(signal.SIGCONT)

    assert wait_until(lambda: fenced_writes(port), "a refused write that was counted") >= 1
    ended = 'taskoverflow_attempts_total{outcome="fenced"}'
    assert wait_until(lambda: scrape(port)[ended], "the end of its attempt") == 1
    other = scrape(metrics_port(running))
    assert other['taskoverflow_rescues_total{state="RETRY"}'] == 1
    assert other['taskoverflow_jobs_ended_total{state="SUCCESS"}'] == 1
    assert (await state(client, url, "SUCCESS"))["attempt"] == 2


async def test_a_worker_tells_of_the_jobs_as_well_and_stops_in_order(
    running: Service, client: httpx.Client
) -> None:
    worker, port = running.start("worker"), metrics_port(running)
    started = 'taskoverflow_jobs{state="STARTED"}'
    async with held_up(running.database_url):
        await state(client, ask(client), "STARTED")
        assert wait_until(lambda: scrape(port).get(started), "a job that has started") == 1
        assert scrape(running.port)["taskoverflow_database_up"] == 1
    worker.send_signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert "Traceback" not in running.log_of(worker)


async def test_a_worker_whose_metrics_port_is_taken_works_all_the_same(
    running: Service, client: httpx.Client
) -> None:
    with socket.create_server(("127.0.0.1", metrics_port(running))):
        worker = running.start("worker")
        await state(client, ask(client), "SUCCESS")
    said = [line for line in running.log_of(worker).splitlines() if "metrics_not_served" in line]
    assert len(said) == 1
    assert str(metrics_port(running)) in said[0]
    assert "Traceback" not in running.log_of(worker)
