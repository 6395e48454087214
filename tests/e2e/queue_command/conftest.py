"""An SQS emulator, and the queue command on it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from tests.support.faulty_sqs import FaultySqs, faulty_sqs
from tests.support.ministack import CREDENTIALS, REGION, ministack
from tests.support.queue_runs import Runs, environment
from tests.support.terminal import Terminal, terminal

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

OpenTerminal = Callable[[list[str]], Terminal]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("sqs")) as url:
        yield url


@pytest.fixture(scope="session")
def sqs(emulator: str) -> Iterator["SQSClient"]:
    client: SQSClient = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=emulator,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    yield client
    client.close()


@pytest.fixture
def runs(emulator: str, sqs: "SQSClient", tmp_path: Path) -> Iterator[Runs]:
    running = Runs(emulator, sqs, tmp_path)
    yield running
    running.end()


@pytest.fixture
def faulty(emulator: str) -> Iterator[FaultySqs]:
    with faulty_sqs(emulator) as standing:
        yield standing


@pytest.fixture
def faulty_runs(faulty: FaultySqs, sqs: "SQSClient", tmp_path: Path) -> Iterator[Runs]:
    running = Runs(faulty.url, sqs, tmp_path)
    yield running
    running.end()


@pytest.fixture
def open_terminal() -> Iterator[OpenTerminal]:
    """Run commands on terminals that end with the test."""
    with ExitStack() as at_end:
        yield lambda command: at_end.enter_context(terminal(command, environment()))
