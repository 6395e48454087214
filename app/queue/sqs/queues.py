"""The queues themselves: finding them, and making them where that is asked for."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured
from app.queue.sqs.errors import aws_errors, code_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

RECEIVES = 5
"""How often a message may be received before it becomes a dead letter, in queues that are made here."""

_FOURTEEN_DAYS = str(14 * 86_400)


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where a queue's dead letters go."""

    target_arn: str
    receives: int
    """How often a message is received before it goes there."""

    @property
    def target(self) -> str:
        """The name of the dead-letter queue."""
        return self.target_arn.rpartition(":")[2]


def find(client: "SQSClient", address: SqsAddress, *, create: bool) -> str:
    """The URL of the queue; where it is missing it is made, or ``BrokerMisconfigured`` names it."""
    with aws_errors(address):
        try:
            url = client.get_queue_url(QueueName=address.queue).get("QueueUrl")
        except client.exceptions.QueueDoesNotExist:
            if not create:
                raise
            url = _create(client, address)
    if url is None:
        raise BrokerMisconfigured(f"{client.meta.endpoint_url} does not answer as SQS does")
    return url


def attributes(client: "SQSClient", address: SqsAddress, url: str) -> dict[str, str]:
    """All attributes of a queue, as AWS spells them."""
    with aws_errors(address):
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return {str(name): value for name, value in answer.get("Attributes", {}).items()}


def redrive_of(found: dict[str, str]) -> Redrive | None:
    """Where a queue with these attributes sends its dead letters; None if it keeps messages for ever."""
    policy = json.loads(found.get("RedrivePolicy") or "{}")
    target = policy.get("deadLetterTargetArn")
    return Redrive(target, int(policy["maxReceiveCount"])) if target else None


def _create(client: "SQSClient", address: SqsAddress) -> str:
    """Make the queue and the one for its dead letters, with what this project wants of both.

    ``FifoQueue`` must be said although the name tells already, and may not be said of a standard queue.
    """
    flavour: dict[Any, str] = {"FifoQueue": "true"} if address.is_fifo else {}
    dead = _make(client, address.dead_letter_queue, {**flavour, "MessageRetentionPeriod": _FOURTEEN_DAYS})
    target = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": RECEIVES})
    return _make(client, address.queue, {**flavour, "RedrivePolicy": redrive})


def _make(client: "SQSClient", name: str, wanted: dict[Any, str]) -> str:
    try:
        return client.create_queue(QueueName=name, Attributes=wanted)["QueueUrl"]
    except ClientError as error:
        # Another process was faster, or somebody made it by hand with other attributes: theirs it is.
        if code_of(error) not in {"QueueAlreadyExists", "QueueNameExists"}:
            raise
        return client.get_queue_url(QueueName=name)["QueueUrl"]
