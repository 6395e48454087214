"""Sends numbered messages, one after the other."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from app.cli.practice.connect import Queue
from app.cli.practice.failures import QueueError, plainly
from app.cli.practice.messages import CLIENT_ATTRIBUTE, Sent
from app.cli.practice.stop import Stop

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

_GROUP = "default"


def numbered(count: int, prepend: str) -> list[str]:
    """The texts to send: Message 0 and so on, each after ``prepend`` exactly as it is."""
    return [f"{prepend}Message {number}" for number in range(count)]


def send(queue: Queue, bodies: Sequence[str], *, client: str, stop: Stop) -> Iterator[Sent]:
    """Send each text in order and tell when it was taken, or raise ``QueueError`` at the first that was not.

    Batches of ten would be cheaper, but part of a batch may fail: what comes after the failure would
    be in the queue already, ahead of what is sent again.
    """
    for done, body in enumerate(bodies):
        if stop.asked:
            raise QueueError(f"Stopped, {done} of {len(bodies)} sent")
        try:
            with plainly(), stop.at_second_signal():
                message_id = _send(queue, body, client)
        except (QueueError, KeyboardInterrupt) as error:
            reason = str(error) or "no answer yet, so it may have been sent"
            raise QueueError(f"Stopped at {body}, {done} of {len(bodies)} sent before it: {reason}") from None
        yield Sent(body, message_id)


def _send(queue: Queue, body: str, client: str) -> str:
    request: SendMessageRequestTypeDef = {
        "QueueUrl": queue.url,
        "MessageBody": body,
        "MessageAttributes": {CLIENT_ATTRIBUTE: {"DataType": "String", "StringValue": client}},
    }
    if queue.fifo:
        # And no deduplication id: the queue makes one of the body.
        request["MessageGroupId"] = _GROUP
    return queue.client.send_message(**request)["MessageId"]
