"""The servers that a stack stands on: its own, since the lab kills them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from app.cli.local.postgres import Postgres
from app.cli.local.sandbox import sandbox
from app.cli.local.server import Running, start
from app.cli.local.valkey import Valkey
from tests.support import databases
from tests.support import rabbitmq as rabbitmq_server
from tests.support.aws_gate import gate_before
from tests.support.brokers import BrokerUnderTest, RabbitmqUnderTest, RedisUnderTest, SqsUnderTest
from tests.support.ministack import ministack
from tests.support.parts import lacking
from tests.support.sqs_queues import open_client

KINDS = ("redis", "sqs", "sqs-fifo", "rabbitmq")

Queues = Callable[[int], BrokerUnderTest]
"""Makes a queue with a number, on the one server."""


@contextmanager
def truth(folder: Path) -> Iterator[Running]:
    """A Postgres that keeps what it has committed through a crash, with a migrated template."""
    folder.mkdir()
    server = Postgres(folder, sandbox(), durable=True)
    server.prepare()
    running = start(server)
    try:
        asyncio.run(databases.make_template(server.url))
        yield running
    finally:
        running.stop()


@contextmanager
def queues_of(kind: str, folder: Path) -> Iterator[Queues]:
    """The server of a kind of broker."""
    folder.mkdir()
    served = {"redis": _redis, "sqs": _sqs, "sqs-fifo": _sqs_fifo, "rabbitmq": _rabbitmq}[kind]
    with served(folder) as queues:
        yield queues


@contextmanager
def _redis(folder: Path) -> Iterator[Queues]:
    server = Valkey(folder)
    server.prepare()
    running = start(server)
    try:
        yield lambda number: RedisUnderTest(f"{server.url.removesuffix('/0')}/{number}", running)
    finally:
        running.stop()


@contextmanager
def _sqs(folder: Path, suffix: str = "") -> Iterator[Queues]:
    with ministack(folder) as url, gate_before(url) as gate, closing(open_client(url)) as client:
        yield lambda number: SqsUnderTest(gate, client, f"ical-{number}{suffix}")
        assert not gate.violations, "AWS would have refused these"


@contextmanager
def _sqs_fifo(folder: Path) -> Iterator[Queues]:
    with _sqs(folder, ".fifo") as queues:
        yield queues


@contextmanager
def _rabbitmq(folder: Path) -> Iterator[Queues]:
    if not rabbitmq_server.is_installed():
        lacking("RabbitMQ is not installed: apt-get install rabbitmq-server")
    with rabbitmq_server.rabbitmq(folder) as node:

        def queue(number: int) -> BrokerUnderTest:
            node.add_vhost(f"lab-{number}")
            return RabbitmqUnderTest(node, f"lab-{number}")

        yield queue


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def through(url: str, port: int) -> str:
    """The same URL with another port."""
    parts = urlsplit(url)
    who, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{who}{at}127.0.0.1:{port}"))
