"""The four kinds of broker, each as a test needs it: a queue of its own that can go away and come back."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import pika
import pytest
from redis import Redis

from app.cli.local.server import Running, start
from app.queue.broker import JobBroker
from app.queue.messages import RenderCalendar
from app.queue.open import open_broker
from app.settings import Settings
from tests.support.aws_gate import Gate
from tests.support.ministack import CREDENTIALS
from tests.support.rabbitmq import Rabbitmq
from tests.support.sqs_queues import attributes_of, make_queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RECEIVES = 3
"""How often SQS hands out a message before it is a dead letter."""

QUEUE = RenderCalendar.queue


class BrokerUnderTest(Protocol):
    """What every case may do to a broker, whichever it is."""

    environment: dict[str, str]

    @property
    def url(self) -> str: ...

    def put(self, text: bytes) -> None:
        """Put something into the queue as a stranger would, which need not be a message."""

    def waiting(self) -> int:
        """How many messages no worker has fetched."""

    def unacknowledged(self) -> int:
        """How many messages workers have fetched and not answered for."""

    def dead_letters(self) -> int: ...

    def forget(self) -> None:
        """Lose every message, as a server without a disk does."""

    def go_away(self) -> None:
        """Be gone as a server is that died, with its messages on disk."""

    def come_back(self) -> None:
        """Be there again; nothing where it never went."""


def open_sender(broker: BrokerUnderTest, monkeypatch: pytest.MonkeyPatch, **settings: object) -> JobBroker:
    """The broker as the service opens it, with what that finds in its environment."""
    for name, value in broker.environment.items():
        monkeypatch.setenv(name, value)
    values = {"database_url": "postgresql://nowhere/none", "broker_url": broker.url, **settings}
    return open_broker(Settings.model_validate(values), patience=timedelta(seconds=10))


@dataclass
class RedisUnderTest:
    url: str
    running: Running
    environment: dict[str, str] = field(default_factory=dict)

    def put(self, text: bytes) -> None:
        name = _redis_message_id(text)
        with Redis.from_url(self.url) as client:
            client.hset(f"dramatiq:{QUEUE}.msgs", name, text)
            client.rpush(f"dramatiq:{QUEUE}", name)

    def waiting(self) -> int:
        with Redis.from_url(self.url) as client:
            return int(client.llen(f"dramatiq:{QUEUE}"))

    def unacknowledged(self) -> int:
        with Redis.from_url(self.url) as client:
            return sum(client.scard(key) for key in client.scan_iter(f"dramatiq:__acks__.*.{QUEUE}"))

    def dead_letters(self) -> int:
        with Redis.from_url(self.url) as client:
            return int(client.zcard(f"dramatiq:{QUEUE}.XQ"))

    def forget(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def go_away(self) -> None:
        self.running.process.kill()
        self.running.process.wait()

    def come_back(self) -> None:
        if self.running.process.poll() is not None:
            self.running.process = start(self.running.server).process


def _redis_message_id(text: bytes) -> str:
    """What a message calls itself, as Dramatiq has it; what is no message has any name."""
    try:
        return str(json.loads(text)["options"]["redis_message_id"])
    except (ValueError, TypeError, KeyError):
        return str(uuid4())


@dataclass
class SqsUnderTest:
    gate: Gate
    client: "SQSClient"
    queue: str
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Hidden messages of workers that were killed are to come back soon; nothing depends on how soon.
        self.environment = {**CREDENTIALS, "TASKOVERFLOW_SQS_VISIBILITY": "2", **self.environment}
        self.dead_url = make_queue(self.client, self.dead_name)
        arn = self.attributes(self.dead_url)["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES})
        self.queue_url = make_queue(self.client, self.queue, RedrivePolicy=policy)

    @property
    def url(self) -> str:
        return f"sqs+http://127.0.0.1:{self.gate.port}/{self.queue}"

    @property
    def is_fifo(self) -> bool:
        return self.queue.endswith(".fifo")

    @property
    def dead_name(self) -> str:
        stem, dot, suffix = self.queue.partition(".")
        return f"{stem}_dlq{dot}{suffix}"

    def attributes(self, url: str) -> dict[str, str]:
        return attributes_of(self.client, url)

    def put(self, text: bytes) -> None:
        self._send(self.queue_url, b64encode(text).decode(), group=str(uuid4()))

    def bury(self, body: str) -> None:
        """Put a dead letter, which holds up no other."""
        self._send(self.dead_url, body, group=str(uuid4()))

    def waiting(self) -> int:
        return int(self.attributes(self.queue_url)["ApproximateNumberOfMessages"])

    def unacknowledged(self) -> int:
        return int(self.attributes(self.queue_url)["ApproximateNumberOfMessagesNotVisible"])

    def dead_letters(self) -> int:
        return int(self.attributes(self.dead_url)["ApproximateNumberOfMessages"])

    def forget(self) -> None:
        self.client.purge_queue(QueueUrl=self.queue_url)

    def queues(self) -> list[str]:
        return [url.rpartition("/")[2] for url in self.client.list_queues().get("QueueUrls", [])]

    def set_attributes(self, **attributes: str) -> None:
        self.client.set_queue_attributes(QueueUrl=self.queue_url, Attributes=attributes)  # type: ignore[arg-type]

    def go_away(self) -> None:
        self.gate.shut()

    def come_back(self) -> None:
        if not self.gate.is_open:
            self.gate.open()

    def _send(self, url: str, body: str, *, group: str) -> None:
        order = {"MessageGroupId": group, "MessageDeduplicationId": str(uuid4())} if self.is_fifo else {}
        self.client.send_message(QueueUrl=url, MessageBody=body, **order)  # type: ignore[arg-type]


@dataclass
class RabbitmqUnderTest:
    node: Rabbitmq
    vhost: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.node.url(self.vhost)

    def put(self, text: bytes) -> None:
        with self._connection() as connection:
            connection.channel().basic_publish("", QUEUE, text)

    def waiting(self) -> int:
        return self._ready(QUEUE)

    def unacknowledged(self) -> int:
        columns = ("name", "messages_unacknowledged")
        listed = self.node.control("list_queues", "-p", self.vhost, "--formatter", "json", *columns)
        return sum(row["messages_unacknowledged"] for row in json.loads(listed) if row["name"] == QUEUE)

    def dead_letters(self) -> int:
        return self._ready(f"{QUEUE}.XQ")

    def forget(self) -> None:
        with self._connection() as connection:
            connection.channel().queue_purge(QUEUE)

    def delete_queue(self) -> None:
        with self._connection() as connection:
            connection.channel().queue_delete(QUEUE)

    def declare_plainly(self) -> None:
        """Make the queue as somebody might by hand, without what Dramatiq wants of it."""
        with self._connection() as connection:
            connection.channel().queue_declare(QUEUE, durable=True)

    def go_away(self) -> None:
        self.node.kill()

    def come_back(self) -> None:
        if not self.node.is_running:
            self.node.start()

    def _connection(self) -> Any:
        return pika.BlockingConnection(pika.URLParameters(self.url))

    def _ready(self, queue: str) -> int:
        with self._connection() as connection:
            count: int = connection.channel().queue_declare(queue, passive=True).method.message_count
            return count
