"""SQS with the credentials of a role that its container fetches, as on ECS."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.queue.broker import BrokerMisconfigured
from tests.support.asking import ask, state
from tests.support.brokers import SqsUnderTest, open_sender
from tests.support.ministack import CREDENTIALS, REGION
from tests.support.processes import COMMAND, Service, service
from tests.support.task_role import TaskRole, task_role
from tests.support.waiting import wait_until


@pytest.fixture
def role(tmp_path: Path) -> Iterator[TaskRole]:
    with task_role(tmp_path) as given:
        yield given


@pytest.fixture(params=["AWS", "an emulator"])
def running(
    request: pytest.FixtureRequest, sqs: SqsUnderTest, database_url: str, tmp_path: Path, role: TaskRole
) -> Iterator[Service]:
    url = f"sqs:///{sqs.queue}" if request.param == "AWS" else sqs.url
    aws = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL_SQS": sqs.gate.url, **role.environment}
    with service(database_url, url, tmp_path, **aws) as started:
        yield started


async def test_a_roles_credentials_are_fetched_anew_before_they_expire(
    running: Service, sqs: SqsUnderTest, role: TaskRole
) -> None:
    running.start_api()
    worker = running.start("worker")
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        await state(client, ask(client), "SUCCESS")
        assert {scope.partition("/")[0] for scope in sqs.gate.scopes} == {"ASIAFIRST"}

        role.rotate("ASIASECOND", token="another-token")
        wait_until(lambda: "ASIASECOND" in role.given, "the worker's new credentials")
        await state(client, ask(client), "SUCCESS")
        sqs.gate.scopes.clear()
        await state(client, ask(client), "SUCCESS")

    assert {scope.partition("/")[0] for scope in sqs.gate.scopes} == {"ASIASECOND"}
    assert worker.poll() is None
    assert not [line for line in running.log_of(worker).splitlines() if "error" in line.lower()]


def test_doctor_runs_as_the_role_and_says_so(running: Service) -> None:
    done = subprocess.run(
        [*COMMAND, "doctor", "--json"], env=running.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {finding["subject"]: finding for finding in map(json.loads, done.stdout.splitlines())}
    assert found["credentials"]["detail"] == "from the role of the task"


def test_a_role_that_can_not_be_had_is_named(running: Service, role: TaskRole) -> None:
    role.token_file.unlink()
    done = subprocess.run(
        [*COMMAND, "doctor"], env=running.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "FAILED   broker: the AWS credentials can't be fetched: " in done.stdout
    for command in ("api", "worker"):
        done = subprocess.run(
            [*COMMAND, command], env=running.environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert done.stderr.startswith("TASKOVERFLOW_BROKER_URL: the AWS credentials can't be fetched: ")


def test_the_region_is_that_of_the_url_or_else_of_the_task(
    sqs: SqsUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", sqs.gate.url)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    for url in ("sqs:///somewhere", "sqs://ap-south-1/somewhere"):
        sqs.environment = CREDENTIALS
        with (
            closing(open_sender(sqs, monkeypatch, broker_url=url)) as sender,
            pytest.raises(BrokerMisconfigured, match="no SQS queue 'somewhere'"),
        ):
            sender.check()
    assert [scope.split("/")[2] for scope in sqs.gate.scopes] == ["eu-north-1", "ap-south-1"]
    assert os.environ.get("AWS_DEFAULT_REGION") is None
