"""Every case runs on each broker, and the end of the run shows which, and how long it took."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from redis import Redis

from app.cli.local.server import Running, start
from app.cli.local.valkey import Valkey
from app.queue.broker import JobBroker
from tests.support import rabbitmq as rabbitmq_server
from tests.support.aws_gate import Gate
from tests.support.brokers import (
    BrokerUnderTest,
    RabbitmqUnderTest,
    RedisUnderTest,
    SqsUnderTest,
    open_sender,
)
from tests.support.parts import lacking
from tests.support.processes import Service, service

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BROKERS = ("redis", "sqs", "sqs-fifo", "rabbitmq")

_numbers = count()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One of its own, since these tests kill it."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.prepare()
    running = start(server)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rabbitmq_server.Rabbitmq]:
    if not rabbitmq_server.is_installed():
        lacking("RabbitMQ is not installed: apt-get install rabbitmq-server")
    with rabbitmq_server.rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@pytest.fixture
def redis(valkey: Running) -> RedisUnderTest:
    with Redis.from_url(valkey.server.url) as client:
        client.flushall()
    return RedisUnderTest(valkey.server.url, valkey)


@pytest.fixture
def sqs(gate: Gate, sqs_client: "SQSClient") -> SqsUnderTest:
    return SqsUnderTest(gate, sqs_client, f"ical-{next(_numbers)}")


@pytest.fixture
def sqs_fifo(gate: Gate, sqs_client: "SQSClient") -> SqsUnderTest:
    return SqsUnderTest(gate, sqs_client, f"ical-{next(_numbers)}.fifo")


@pytest.fixture
def rabbitmq(node: rabbitmq_server.Rabbitmq) -> RabbitmqUnderTest:
    vhost = f"test-{next(_numbers)}"
    node.add_vhost(vhost)
    return RabbitmqUnderTest(node, vhost)


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    chosen: BrokerUnderTest = request.getfixturevalue(request.param.replace("-", "_"))
    yield chosen
    # The next test is to find it there, however this one ended.
    chosen.come_back()


@pytest.fixture
def sender(broker: BrokerUnderTest, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobBroker]:
    with closing(open_sender(broker, monkeypatch)) as opened:
        yield opened


@pytest.fixture
def resend_after() -> str:
    """So long that messages make the jobs, and not the sweeper; a test that wants the sweeper says so."""
    return "3600"


@pytest.fixture
def running(
    broker: BrokerUnderTest, database_url: str, tmp_path: Path, resend_after: str
) -> Iterator[Service]:
    hurry = {
        # No worker is thought dead because the machine stood still; who kills one makes it short.
        "TASKOVERFLOW_LEASE": "60",
        # So that what waits for them is quick; nothing depends on how quick.
        "TASKOVERFLOW_SWEEP_INTERVAL": "0.1",
        "TASKOVERFLOW_RETRY_BACKOFF": "0.1",
        "dramatiq_restart_delay": "100",
        "TASKOVERFLOW_RESEND_AFTER": resend_after,
        "TASKOVERFLOW_WORKER_THREADS": "2",
    }
    with service(database_url, broker.url, tmp_path, **hurry, **broker.environment) as started:
        yield started


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    running.start_api()
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False, timeout=30) as client:
        yield client


_seconds: defaultdict[str, dict[str, str]] = defaultdict(dict)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    name, _, parameters = report.nodeid.rpartition("::")[2].partition("[")
    kind = next((kind for kind in reversed(BROKERS) if re.match(rf"{kind}[]-]", parameters)), None)
    if "tests/conformance/" in report.nodeid and kind and (report.when == "call" or not report.passed):
        _seconds[name][kind] = f"{report.duration:.1f} s" if report.passed else report.outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _seconds:
        return
    terminalreporter.section("one contract on every broker")
    width = max(map(len, _seconds)) + 2
    terminalreporter.write_line("".ljust(width) + "".join(kind.rjust(10) for kind in BROKERS))
    for name, kinds in _seconds.items():
        case = name.removeprefix("test_").replace("_", " ")
        terminalreporter.write_line(
            case.ljust(width) + "".join(kinds.get(kind, "-").rjust(10) for kind in BROKERS)
        )
