"""What an operator should know of an SQS queue."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from app.domain.brokers import SqsAddress
from app.domain.findings import Finding, Level, clock
from app.queue.broker import BrokerTrouble
from app.queue.sqs.client import source_of_credentials
from app.queue.sqs.errors import aws_errors
from app.queue.sqs.permissions import TRIED, denials
from app.queue.sqs.queues import Redrive, attributes, find, redrive_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_FEWEST_RECEIVES = 3
"""Fewer, and an outage of a minute makes dead letters of good messages."""

_LONGEST_QUEUE_VISIBILITY = 300

_SOURCES = {
    "env": "the environment, which goes before any role (AWS_ACCESS_KEY_ID)",
    "container-role": "the role of the task",
    "iam-role": "the role of the machine",
    "shared-credentials-file": "the file of credentials",
    "config-file": "the AWS configuration",
    "none": "nowhere, and an emulator takes any",
}


def examine(client: "SQSClient", address: SqsAddress, *, expected_visibility: float) -> Iterator[Finding]:
    """Look at the queue, its attributes and what may be done to it; raises ``BrokerTrouble``."""
    url = find(client, address, create=False)
    found = attributes(client, address, url)
    kind = "FIFO" if found.get("FifoQueue") == "true" else "standard"
    yield Finding(
        "broker",
        Level.OK,
        f"the {kind} queue {address.queue} in {address.endpoint or client.meta.region_name} answers; "
        f"{found.get('ApproximateNumberOfMessages')} messages wait, "
        f"{found.get('ApproximateNumberOfMessagesNotVisible')} are worked on",
    )
    yield _fifo(address, found)
    yield _visibility(found, expected_visibility)
    if (delay := int(found.get("DelaySeconds", "0"))) > 0:
        yield Finding(
            "queue delay", Level.WARNING, f"every message is {delay} s late", "set the queue's delay to 0"
        )
    yield Finding("credentials", Level.OK, f"from {_source(address)}")
    redrive = redrive_of(found)
    yield _redrive(redrive)
    if redrive is not None:
        yield from _dead_letters(client, address, redrive, retention=_retention(found))
    yield from _permissions(client, address, url)
    yield from _clock(client, address)


def _source(address: SqsAddress) -> str:
    source = source_of_credentials(address)
    return _SOURCES.get(source, source)


def _fifo(address: SqsAddress, found: dict[str, str]) -> Finding:
    is_fifo = found.get("FifoQueue") == "true"
    if is_fifo != address.is_fifo:
        # AWS forbids it; an emulator may not.
        return Finding(
            "queue flavour",
            Level.FAILED,
            f"FifoQueue is {is_fifo}, but the name says otherwise",
            "make the queue anew: a FIFO queue's name ends in .fifo, and no other's does",
        )
    flags = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
    said = ", ".join(f"{flag} {found[flag]}" for flag in flags if flag in found)
    return Finding("queue flavour", Level.OK, f"FIFO, as its name says; {said}" if is_fifo else "standard")


def _visibility(found: dict[str, str], expected: float) -> Finding:
    seconds = int(found.get("VisibilityTimeout", "0"))
    ours = f"each receive asks for {expected:g} s itself (TASKOVERFLOW_SQS_VISIBILITY)"
    if seconds > _LONGEST_QUEUE_VISIBILITY:
        return Finding(
            "queue visibility",
            Level.WARNING,
            f"the queue's own is {seconds} s; {ours}, but other consumers get the queue's",
            "set the queue's visibility timeout to 60 s",
        )
    return Finding("queue visibility", Level.OK, f"the queue's own is {seconds} s; {ours}")


def _redrive(redrive: Redrive | None) -> Finding:
    if redrive is None:
        return Finding(
            "redrive policy",
            Level.WARNING,
            "there is none: a message that can't be handled is logged and deleted",
            "give the queue a dead-letter queue, with maxReceiveCount 5",
        )
    if redrive.receives < _FEWEST_RECEIVES:
        return Finding(
            "redrive policy",
            Level.WARNING,
            f"a message is a dead letter after {redrive.receives} receives",
            "set maxReceiveCount to 5: a short outage should not make dead letters",
        )
    return Finding("redrive policy", Level.OK, f"to {redrive.target} after {redrive.receives} receives")


def _retention(found: dict[str, str]) -> int:
    return int(found.get("MessageRetentionPeriod", "0"))


def _dead_letters(
    client: "SQSClient", address: SqsAddress, redrive: Redrive, *, retention: int
) -> Iterator[Finding]:
    dead = address.sibling(redrive.target)
    try:
        found = attributes(client, dead, find(client, dead, create=False))
    except BrokerTrouble as error:
        yield Finding("dead letters", Level.WARNING, str(error), "make the queue, or allow to read it")
        return
    if dead.is_fifo != address.is_fifo:
        yield Finding(
            "dead letters",
            Level.FAILED,
            f"{dead.queue} is not of the queue's flavour",
            "a FIFO queue's dead letters go to a FIFO queue, a standard one's to a standard one",
        )
        return
    if _retention(found) < retention:
        # A dead letter keeps the date of its first sending (standard queues).
        yield Finding(
            "dead letters",
            Level.WARNING,
            f"{dead.queue} keeps messages for {_retention(found)} s, the queue itself for {retention} s",
            "let the dead-letter queue keep them for longer: 14 days",
        )
    count = int(found.get("ApproximateNumberOfMessages", "0"))
    if count:
        yield Finding(
            "dead letters",
            Level.WARNING,
            f"{count} in {dead.queue}",
            "taskoverflow jobs redrive moves them back; their jobs were run all the same",
        )
    else:
        yield Finding("dead letters", Level.OK, f"none in {dead.queue}")


def _permissions(client: "SQSClient", address: SqsAddress, url: str) -> Iterator[Finding]:
    denied = False
    for denial in denials(client, address, url):
        denied = True
        yield Finding("permissions", Level.FAILED, str(denial), "allow it to the worker's role")
    if not denied:
        allowed = " and ".join(TRIED)
        untried = "sqs:SendMessage and sqs:ReceiveMessage show only in use"
        yield Finding("permissions", Level.OK, f"{allowed} are allowed; {untried}")


def _clock(client: "SQSClient", address: SqsAddress) -> Iterator[Finding]:
    with aws_errors(address):
        answer = client.get_queue_url(QueueName=address.queue)
    if header := answer["ResponseMetadata"]["HTTPHeaders"].get("date"):
        # It tells whole seconds, rounded down.
        theirs = parsedate_to_datetime(header) + timedelta(seconds=0.5)
        yield clock("broker clock", theirs, datetime.now(UTC))
