"""Moving dead letters back."""

from base64 import b64decode
from typing import TYPE_CHECKING
from uuid import uuid4

from dramatiq.errors import DecodeError

from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured
from app.queue.encoding import read_message
from app.queue.sqs.errors import aws_errors
from app.queue.sqs.held import BATCH
from app.queue.sqs.queues import attributes, find, redrive_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_HIDDEN_SECONDS = 60
"""How long one that can't be read stays out of the way of the others."""


def move_back(client: "SQSClient", address: SqsAddress, queue_name: str) -> int:
    """Send each dead letter that can be read to its queue again, and delete it; returns how many.

    AWS's own StartMessageMoveTask would move the unreadable as well, and no emulator here knows it.
    """
    url = find(client, address, create=False)
    redrive = redrive_of(attributes(client, address, url))
    if redrive is None:
        raise BrokerMisconfigured(
            f"the queue {address.queue!r} has no redrive policy, and so no dead letters"
        )
    dead = address.sibling(redrive.target)
    dead_url = find(client, dead, create=False)
    moved = 0
    while letters := _receive(client, dead, dead_url):
        for letter in letters:
            if _is_readable(letter, queue_name):
                _send(client, address, url, letter["Body"])
                _delete(client, dead, dead_url, letter["ReceiptHandle"])
                moved += 1
    return moved


def _receive(client: "SQSClient", dead: SqsAddress, dead_url: str) -> "list[MessageTypeDef]":
    with aws_errors(dead):
        answer = client.receive_message(
            QueueUrl=dead_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1, VisibilityTimeout=_HIDDEN_SECONDS
        )
    return answer.get("Messages", [])


def _delete(client: "SQSClient", dead: SqsAddress, dead_url: str, handle: str) -> None:
    with aws_errors(dead):
        client.delete_message(QueueUrl=dead_url, ReceiptHandle=handle)


def _is_readable(letter: "MessageTypeDef", queue_name: str) -> bool:
    try:
        read_message(b64decode(letter["Body"], validate=True), queue_name)
    except (DecodeError, ValueError):
        return False
    return True


def _send(client: "SQSClient", address: SqsAddress, url: str, body: str) -> None:
    # A new id, since SQS may still remember the old one and swallow the message.
    anew = {"MessageGroupId": str(uuid4()), "MessageDeduplicationId": str(uuid4())} if address.is_fifo else {}
    with aws_errors(address):
        client.send_message(QueueUrl=url, MessageBody=body, **anew)  # type: ignore[arg-type]
