"""The queue command on the SQS emulator, behind the gate."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.aws_gate import Gate
from tests.support.queue_runs import Runs, environment
from tests.support.terminal import Terminal, terminal

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

OpenTerminal = Callable[[list[str]], Terminal]


@pytest.fixture
def runs(gate: Gate, sqs_client: "SQSClient", tmp_path: Path) -> Iterator[Runs]:
    running = Runs(gate.url, sqs_client, tmp_path)
    yield running
    running.end()


@pytest.fixture
def open_terminal() -> Iterator[OpenTerminal]:
    """Run commands on terminals that end with the test."""
    with ExitStack() as at_end:
        yield lambda command: at_end.enter_context(terminal(command, environment()))
