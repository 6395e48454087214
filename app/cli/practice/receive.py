"""Receives messages and deletes them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.cli.practice.connect import Queue
from app.cli.practice.failures import QueueError, plainly
from app.cli.practice.messages import CLIENT_ATTRIBUTE, NotDeleted, Received

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

_AT_MOST = 10
# Waiting up to 20 seconds would cost fewer requests. But a wait that is broken off may still be answered: the
# messages are then out of sight until their visibility timeout ends, and with them the rest of their group.
# So a wait always ends by itself, and soon enough for whoever presses Ctrl-C.
_WAIT_SECONDS = 1


def receive(queue: Queue) -> list[Received]:
    """Wait for messages, and return up to ten, or none if none came for a while."""
    with plainly():
        answer = queue.client.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=_AT_MOST,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageAttributeNames=[CLIENT_ATTRIBUTE],
        )
    now = datetime.now(UTC)
    return [_read(message, now) for message in answer.get("Messages", [])]


def delete(queue: Queue, messages: Sequence[Received]) -> list[NotDeleted]:
    """Take messages off the queue; returns those that stay, by the reason why."""
    if not messages:
        return []
    entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
        {"Id": str(index), "ReceiptHandle": message.receipt} for index, message in enumerate(messages)
    ]
    try:
        with plainly():
            answer = queue.client.delete_message_batch(QueueUrl=queue.url, Entries=entries)
    except QueueError as error:
        return [NotDeleted(list(messages), str(error))]
    by_reason: dict[str, list[Received]] = defaultdict(list)
    for failed in answer.get("Failed", []):
        by_reason[failed.get("Message", failed["Code"])].append(messages[int(failed["Id"])])
    return [NotDeleted(kept, reason) for reason, kept in by_reason.items()]


def _read(message: "MessageTypeDef", now: datetime) -> Received:
    attribute = message.get("MessageAttributes", {}).get(CLIENT_ATTRIBUTE)
    return Received(
        at=now,
        client=attribute.get("StringValue") if attribute else None,
        body=message["Body"],
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
    )
