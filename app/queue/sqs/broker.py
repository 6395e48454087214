"""Sending to SQS, and making consumers of it."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dramatiq import Consumer, Message, Middleware, QueueNotFound
from dramatiq_sqs import MessageDelayTooLong, MessageTooLarge, SQSBroker
from dramatiq_sqs.broker import MAX_DELAY_SECONDS, MAX_MESSAGE_SIZE_BYTES

from app.domain.brokers import SqsAddress
from app.domain.findings import Finding
from app.queue.broker import BrokerUnreachable, JobBroker
from app.queue.messages import RenderCalendar
from app.queue.sqs.batches import batches
from app.queue.sqs.client import client_options, signing_in
from app.queue.sqs.consumer import SqsConsumer
from app.queue.sqs.dead_letters import move_back
from app.queue.sqs.errors import aws_errors
from app.queue.sqs.findings import examine
from app.queue.sqs.held import Held
from app.queue.sqs.permissions import denials
from app.queue.sqs.queues import attributes, find, redrive_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LONGEST_PATIENCE = timedelta(seconds=20)
"""Well above the longest poll, and far below what a stalled connection may cost."""

_TRIES = 3


class SqsBroker(JobBroker, SQSBroker):
    """One queue of SQS, standard or FIFO; every Dramatiq queue of the process goes through it.

    In a FIFO queue a message is deduplicated by its own id, so that a send that was tried twice arrives once,
    and is a group of its own, so that it waits for no other. The options ``message_group_id`` and
    ``message_deduplication_id`` say otherwise.
    """

    def __init__(
        self,
        address: SqsAddress,
        *,
        patience: timedelta,
        middleware: list[Middleware],
        visibility: timedelta,
        create_queues: bool,
    ) -> None:
        with signing_in(address):
            options = client_options(address, patience=min(patience, _LONGEST_PATIENCE), tries=_TRIES)
            super().__init__(middleware=middleware, **options)
        self.address = address
        self._visibility = visibility
        self._create_queues = create_queues
        self._url: str | None = None
        self._held: Held | None = None

    @property
    def client(self) -> "SQSClient":
        """What talks to SQS; safe to use from several threads."""
        client: SQSClient = self.sqs.meta.client
        return client

    @property
    def url(self) -> str:
        """The queue's own URL; asked for once, and then known."""
        if self._url is None:
            self._url = self._find()
        return self._url

    def _find(self) -> str:
        return find(self.client, self.address, create=self._create_queues)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> Consumer:
        """Make a consumer; how long it polls does not depend on how often Dramatiq would look."""
        del timeout
        self._require_declared(queue_name)
        # Looked for again, since a consumer is made anew after each error, and the queue may be the reason.
        self._url = self._find()
        if self._held is None:
            self._held = Held.of(self.address, self._url, self._visibility)
        redrive = redrive_of(attributes(self.client, self.address, self._url))
        return SqsConsumer(
            self.client,
            self._url,
            self.address,
            self._held,
            queue_name=queue_name,
            prefetch=prefetch,
            has_dead_letters=redrive is not None,
            draining=self.draining,
        )

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Send a message; ``delay`` is in milliseconds, and refused rather than lost where SQS has none."""
        self._require_declared(message.queue_name)
        body = self._body(message)
        self.emit_before("enqueue", message, delay)
        with aws_errors(self.address):
            self.client.send_message(
                QueueUrl=self.url, MessageBody=body, **self._delay(delay), **self._order(message)
            )
        self.emit_after("enqueue", message, delay)
        return message

    def enqueue_all(self, messages: Sequence[Message[Any]]) -> None:
        entries = [
            {"Id": str(number), "MessageBody": self._body(message), **self._order(message)}
            for number, message in enumerate(messages)
        ]
        refused = []
        for batch in batches(entries):
            with aws_errors(self.address):
                # One that is refused is no reason not to send the others, which somebody else may wait for.
                refused += self.client.send_message_batch(QueueUrl=self.url, Entries=batch).get("Failed", [])
        if refused:
            raise BrokerUnreachable(f"{len(refused)} messages were refused: {refused[0].get('Message')}")

    def check(self, *, consumes: bool = False) -> None:
        # The lookup is all that a process which only sends may be allowed to do.
        url = self._find()
        if consumes:
            attributes(self.client, self.address, url)
            for denied in denials(self.client, self.address, url):
                raise denied

    def findings(self, *, expected_visibility: float) -> Iterator[Finding]:
        yield from examine(self.client, self.address, expected_visibility=expected_visibility)

    def waiting(self) -> int:
        return int(attributes(self.client, self.address, self.url)["ApproximateNumberOfMessages"])

    def redrive_dead_letters(self) -> int:
        return move_back(self.client, self.address, RenderCalendar.queue)

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        self.client.close()

    def _require_declared(self, queue_name: str) -> None:
        # Whoever only sends declares no queue.
        if self.queue_names and queue_name not in self.queue_names:
            raise QueueNotFound(queue_name)

    def _body(self, message: Message[Any]) -> str:
        body = b64encode(message.encode()).decode("ascii")
        if len(body) > MAX_MESSAGE_SIZE_BYTES:
            raise MessageTooLarge(f"SQS takes messages of up to {MAX_MESSAGE_SIZE_BYTES} bytes")
        return body

    def _order(self, message: Message[Any]) -> dict[str, Any]:
        if not self.address.is_fifo:
            return {}
        own = message.message_id
        return {
            "MessageGroupId": message.options.get("message_group_id", own),
            "MessageDeduplicationId": message.options.get("message_deduplication_id", own),
        }

    def _delay(self, milliseconds: int | None) -> dict[str, Any]:
        if not milliseconds:
            return {}
        if self.address.is_fifo:
            raise MessageDelayTooLong("a FIFO queue knows no delay of a single message")
        if milliseconds > MAX_DELAY_SECONDS * 1000:
            raise MessageDelayTooLong(f"SQS delays a message by up to {MAX_DELAY_SECONDS} seconds")
        return {"DelaySeconds": -(-milliseconds // 1000)}
