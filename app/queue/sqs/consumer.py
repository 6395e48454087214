"""Receiving from SQS, and answering for what was received."""

import threading
import time
from base64 import b64decode
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from dramatiq import Consumer, Message, MessageProxy
from dramatiq.errors import DecodeError

from app.domain.brokers import SqsAddress
from app.queue.encoding import read_message
from app.queue.sqs.errors import aws_errors, is_gone
from app.queue.sqs.held import BATCH, Held

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_POLL_SECONDS = 5
"""How long a poll waits for a message. AWS allows 20, but a worker that is to stop waits for its poll, and
the price of the shorter one is twenty cents a month."""

_LOOK_SECONDS = 1.0
"""How often a full worker looks whether it is to stop."""

_DRAINING_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 60

log = structlog.get_logger(__name__)


class ReceivedMessage(MessageProxy):
    """A message with what SQS wants to hear when it is answered for."""

    def __init__(self, message: Message[Any], handle: str, receives: int) -> None:
        super().__init__(message)
        self.handle = handle
        self.receives = receives
        """How often it was received so far, this time included."""


class SqsConsumer(Consumer):
    """Fetches up to ``prefetch`` messages ahead; in a FIFO queue one by one.

    SQS itself gives out no second message of a group while one is out, so those of a group are worked on in
    their order, by however many workers.
    """

    def __init__(
        self,
        client: "SQSClient",
        url: str,
        address: SqsAddress,
        held: Held,
        *,
        queue_name: str,
        prefetch: int,
        has_dead_letters: bool,
        draining: threading.Event,
    ) -> None:
        self._client, self._url, self._address, self._held = client, url, address, held
        self._queue_name = queue_name
        self._prefetch = prefetch
        self._has_dead_letters = has_dead_letters
        self._draining = draining
        self._buffer: deque[ReceivedMessage] = deque()

    def __next__(self) -> MessageProxy | None:
        if self._draining.is_set():
            time.sleep(_DRAINING_SECONDS)
        elif not self._buffer and self._held.wait_for_room(self._prefetch, _LOOK_SECONDS):
            self._receive()
        if self._draining.is_set():  # perhaps only since the poll began
            self.close()
        return self._buffer.popleft() if self._buffer else None

    def ack(self, message: MessageProxy) -> None:
        """Delete a message; one that could not be deleted comes again, and finds its job done."""
        self._delete(_received(message))

    def nack(self, message: MessageProxy) -> None:
        """Let a message come again later, until the queue's redrive policy makes it a dead letter.

        Where there is no such policy it would come for ever: it is deleted, for its job's row stays.
        """
        received = _received(message)
        if self._has_dead_letters:
            self._show([received.handle], after=_backoff(received.receives))
        else:
            log.error("message_dropped", queue=self._address.queue, message_id=message.message_id)
            self._delete(received)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Let others have messages at once."""
        self._show([_received(message).handle for message in messages], after=0)

    def close(self) -> None:
        """Give back what was fetched and not handed out."""
        buffered, self._buffer = self._buffer, deque()
        if buffered:
            self.requeue(buffered)

    def _receive(self) -> None:
        room = min(self._prefetch - len(self._held), BATCH)
        # With an id of ours a poll whose answer was lost is answered again with the same messages, where SQS
        # would else hide them, and their groups with them, until their visibility ends.
        once = {"ReceiveRequestAttemptId": str(uuid4())} if self._address.is_fifo else {}
        with aws_errors(self._address):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=1 if self._address.is_fifo else room,
                WaitTimeSeconds=_POLL_SECONDS,
                VisibilityTimeout=self._held.visibility,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
                **once,  # type: ignore[arg-type]
            )
        for raw in answer.get("Messages", []):
            self._take(raw)

    def _take(self, raw: "MessageTypeDef") -> None:
        handle = raw["ReceiptHandle"]
        receives = int(raw.get("Attributes", {}).get("ApproximateReceiveCount", "1"))
        try:
            message = read_message(b64decode(raw["Body"], validate=True), self._queue_name)
        except (DecodeError, ValueError):
            self._bury(raw, handle, receives)
            return
        self._held.take(handle)
        self._buffer.append(ReceivedMessage(message, handle, receives))

    def _bury(self, raw: "MessageTypeDef", handle: str, receives: int) -> None:
        """Have SQS make a dead letter of what can't be read, by receiving it as often as that takes."""
        log.error(
            "undecodable_message",
            queue=self._address.queue,
            sqs_id=raw.get("MessageId"),
            receives=receives,
            body=raw["Body"][:200],
        )
        if self._has_dead_letters:
            self._show([handle], after=_backoff(receives) - 1)
        else:
            self._delete_handle(handle)

    def _delete(self, received: ReceivedMessage) -> None:
        self._held.let_go([received.handle])
        self._delete_handle(received.handle)

    def _delete_handle(self, handle: str) -> None:
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=handle)
        except ClientError as error:
            report = log.info if is_gone(error) else log.warning
            report("message_not_deleted", queue=self._address.queue, reason=str(error))
        except (BotoCoreError, OSError) as error:
            log.warning("message_not_deleted", queue=self._address.queue, reason=str(error))

    def _show(self, handles: list[str], *, after: int) -> None:
        try:
            self._held.show(handles, after=after)
        except (ClientError, BotoCoreError, OSError) as error:
            log.warning("messages_not_given_back", count=len(handles), reason=str(error))


def _backoff(receives: int) -> int:
    """Seconds before a message that was received so often may come again: 1, 2, 4 … up to a minute."""
    return int(min(2 ** (min(receives, 32) - 1), _LONGEST_BACKOFF_SECONDS))


def _received(message: MessageProxy) -> ReceivedMessage:
    assert isinstance(message, ReceivedMessage)  # noqa: S101 - what this consumer handed out
    return message
