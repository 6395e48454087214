"""A worker on ECS, whose agent is asked over HTTP not to have it stopped while jobs run."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.cli.local.ports import free_port
from tests.support.asking import ask, held_up, state
from tests.support.ecs_agent import Answer, EcsAgent, ecs_agent, failed, refused
from tests.support.metrics import scrape
from tests.support.processes import Service, service
from tests.support.waiting import wait_until
from workers.ecs_agent import EcsAgent as Client
from workers.protection import AgentError

PROTECT = {"ProtectionEnabled": True, "ExpiresInMinutes": 10}
RELEASE = {"ProtectionEnabled": False}


@pytest.fixture
def agent() -> Iterator[EcsAgent]:
    with ecs_agent() as started:
        yield started


@pytest.fixture
def running(database_url: str, broker_url: str, tmp_path: Path, agent: EcsAgent) -> Iterator[Service]:
    settings = {"ECS_AGENT_URI": agent.uri, "TASKOVERFLOW_METRICS_PORT": str(free_port())}
    with service(database_url, broker_url, tmp_path, **settings) as running:
        running.start_api()
        yield running


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        yield client


def stop(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGTERM)
    assert worker.wait() == 0


async def test_a_worker_is_protected_while_a_job_runs_and_not_once_it_drains(
    running: Service, client: httpx.Client, agent: EcsAgent
) -> None:
    worker = running.start("worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        wait_until(lambda: agent.asked, "protection")
        port = int(running.settings["TASKOVERFLOW_METRICS_PORT"])
        wait_until(lambda: scrape(port).get("taskoverflow_task_protected"), "a metric that tells it")
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: len(agent.asked) > 1, "the end of it")
    assert worker.wait() == 0
    assert agent.asked == [PROTECT, RELEASE]
    # Whoever knows the agent's address may ask it, in the task's name.
    assert agent.uri not in running.log_of(worker)
    await state(client, url, "SUCCESS")


async def test_an_agent_that_does_not_answer_holds_up_no_job(
    running: Service, client: httpx.Client, agent: EcsAgent
) -> None:
    agent.answer = agent.hold
    worker = running.start("worker")
    for _ in range(3):
        await state(client, ask(client), "SUCCESS")
    wait_until(lambda: agent.asked, "a question")
    assert not agent.released.is_set()
    stop(worker)


@pytest.mark.parametrize(
    "answer", [partial(refused, "AccessDeniedException", "not allowed"), lambda: (500, b"<html>")]
)
async def test_an_agent_that_refuses_is_told_of_once(
    running: Service, client: httpx.Client, agent: EcsAgent, answer: Callable[[], Answer]
) -> None:
    agent.answer = lambda _: answer()
    worker = running.start("worker")
    wait_until(lambda: "worker_ready" in running.log_of(worker), "the worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        wait_until(lambda: "task_not_protected" in running.log_of(worker), "a line that tells it")
    await state(client, url, "SUCCESS")
    stop(worker)
    assert running.log_of(worker).count("task_not_protected") == 1


async def test_it_can_be_switched_off(running: Service, client: httpx.Client, agent: EcsAgent) -> None:
    running.settings["TASKOVERFLOW_TASK_PROTECTION"] = "false"
    worker = running.start("worker")
    await state(client, ask(client), "SUCCESS")
    stop(worker)
    assert agent.asked == []


async def test_the_client_asks_as_the_agent_expects(agent: EcsAgent) -> None:
    client = Client(agent.uri + "/")
    await client.protect(expires=timedelta(minutes=10))
    await client.release()
    await client.close()
    assert agent.asked == [PROTECT, RELEASE]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused("AccessDeniedException", "User is not authorized"), "status 400: AccessDeniedException: User is"),
        (refused("ThrottlingException", "Rate exceeded", 429), "status 429: ThrottlingException"),
        (failed("TASK_NOT_VALID"), "status 200: TASK_NOT_VALID"),
        ((200, b'{"protection":{"ProtectionEnabled":false}}'), "status 200: an answer of another kind"),
        ((200, b"[]"), "status 200: an answer of another kind"),
        ((200, b'{"protection":null,"error":null}'), "status 200: an answer of another kind"),
        ((500, b"\xff<html>"), "status 500, and no JSON"),
    ],
)  # fmt: skip
async def test_all_but_an_agreement_is_an_error(agent: EcsAgent, answer: Any, words: str) -> None:
    agent.answer = lambda _: answer
    client = Client(agent.uri)
    with pytest.raises(AgentError, match=words):
        await client.protect(expires=timedelta(minutes=10))
    await client.close()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/api", "not a url", "http://[::1"])
async def test_an_agent_that_is_not_there_is_an_error(uri: str) -> None:
    client = Client(uri)
    with pytest.raises(AgentError):
        await client.release()
    await client.close()
