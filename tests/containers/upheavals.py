"""What happens to a stack in its life, each time with jobs in the middle: every one of them ends well."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import httpx

from tests.containers.stack import Stack
from tests.support.asking import ask, state
from tests.support.waiting import wait_until

_THREADS = 4
"""Jobs that one worker does at once, by default."""


def kill_a_worker(stack: Stack) -> None:
    """SIGKILL from outside: Docker starts the container again, and another attempt does the job."""
    (before,) = stack.containers("worker")

    def kill() -> None:
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        wait_until(lambda: stack.containers("worker")[0]["RestartCount"] == 1, "the worker's restart")

    status = _with_a_job_in_the_middle(stack, kill)
    assert status["attempt"] > 1, status


def stop_a_worker(stack: Stack) -> None:
    """SIGTERM in mid-job: the process itself hears it, finishes its job and ends as if nothing were."""
    (before,) = stack.containers("worker")
    with stack.client() as client, stack.held_up():
        url = ask(client)
        asyncio.run(state(client, url, "STARTED"))
        stack.compose("kill", "--signal", "SIGTERM", "worker")
        wait_until(lambda: "worker_draining" in stack.compose("logs", "worker"), "the drain")
    with stack.client() as client:
        wait_until(lambda: not stack.containers("worker")[0]["State"]["Running"], "the worker's end")
        (after,) = stack.containers("worker")
        assert (after["Id"], after["State"]["ExitCode"]) == (before["Id"], 0), after["State"]
        status = client.get(url).json()
        assert (status["task_status"], status["attempt"]) == ("SUCCESS", 1), status
    stack.compose("start", "worker")


def restart_the_broker(stack: Stack) -> None:
    """What it was told to do is known to Postgres."""
    _with_a_job_in_the_middle(stack, lambda: stack.compose("restart", "--timeout", "5", "broker"))


def restart_the_database(stack: Stack) -> None:
    """Every connection breaks, and attempts with them; their jobs do not."""
    _with_a_job_in_the_middle(stack, lambda: stack.compose("restart", "--timeout", "20", "db"))


def scale_to_three(stack: Stack) -> None:
    """As many jobs at once as three workers have threads: none of them is idle."""
    stack.up("--scale", "worker=3")
    assert len(stack.containers("worker")) == 3
    with stack.client() as client:
        with stack.held_up():
            urls = [ask(client, name=f"calendar {n}") for n in range(3 * _THREADS)]
            for url in urls:
                asyncio.run(state(client, url, "STARTED"))
        for url in urls:
            asyncio.run(state(client, url, "SUCCESS"))


def _with_a_job_in_the_middle(stack: Stack, upheaval: Callable[[], object]) -> dict[str, Any]:
    """How a job ends that had been claimed, and others that waited, when it happened."""
    with stack.client() as client:
        with stack.held_up():
            urls = [ask(client, name=f"calendar {n}") for n in range(2 * _THREADS)]
            asyncio.run(state(client, urls[0], "STARTED"))
            upheaval()
        wait_until(lambda: _is_ready(client, stack), "a service that is ready again")
        ended = [asyncio.run(state(client, url, "SUCCESS", "FAILURE", "REVOKED")) for url in urls]
    assert {status["task_status"] for status in ended} == {"SUCCESS"}, ended
    return ended[0]


def _is_ready(client: httpx.Client, stack: Stack) -> bool:
    answer = client.get(f"{stack.url}/readyz")
    return answer.is_success and answer.json()["status"] == "ok"
