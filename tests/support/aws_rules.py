"""What AWS refuses: the SQS API reference and the quotas of its developer guide, as of 2025."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MIB = 1024 * 1024
_TWELVE_HOURS = 43_200

Call = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """An error as AWS words it."""

    code: str
    message: str
    status: int = 400


def refusal_of(action: str, call: Call) -> Refusal | None:
    """Why AWS would refuse a call; None if these rules do not say that it would."""
    flavour = _fifo if str(call.get("QueueUrl") or call.get("QueueName")).endswith(".fifo") else _standard
    for rules in (_every, flavour):
        for refusal in rules(action, call):
            return refusal
    return None


def _every(action: str, call: Call) -> Iterator[Refusal]:
    if action.endswith("Batch"):
        yield from _batch(call["Entries"])
    for entry in _sent(action, call):
        if not 0 <= entry.get("DelaySeconds", 0) <= 900:
            yield _invalid("DelaySeconds", "must be >= 0 and <= 900")
        if len(entry["MessageBody"].encode()) > _MIB:
            yield _invalid("MessageBody", "must be shorter than 1048576 bytes")
    for entry in (call, *call.get("Entries", [])):
        if not 0 <= entry.get("VisibilityTimeout", 0) <= _TWELVE_HOURS:
            yield _invalid("VisibilityTimeout", "must be >= 0 and <= 43200")
    if not 1 <= call.get("MaxNumberOfMessages", 1) <= 10:
        yield _invalid("MaxNumberOfMessages", "must be between 1 and 10")
    if not 0 <= call.get("WaitTimeSeconds", 0) <= 20:
        yield _invalid("WaitTimeSeconds", "must be >= 0 and <= 20")


def _batch(entries: list[Call]) -> Iterator[Refusal]:
    if not entries:
        yield _of_batch("EmptyBatchRequest", "no entries")
    if len(entries) > 10:
        yield _of_batch("TooManyEntriesInBatchRequest", "over 10 entries")
    if len({entry["Id"] for entry in entries}) < len(entries):
        yield _of_batch("BatchEntryIdsNotDistinct", "ids repeat")
    if sum(len(entry.get("MessageBody", "").encode()) for entry in entries) > _MIB:
        yield _of_batch("BatchRequestTooLong", "over 1048576 bytes in all")


def _fifo(action: str, call: Call) -> Iterator[Refusal]:
    for entry in _sent(action, call):
        if not entry.get("MessageGroupId"):
            yield Refusal("MissingParameter", "The request must contain the parameter MessageGroupId.")
        if entry.get("DelaySeconds"):
            yield _invalid("DelaySeconds", "not valid for this queue type")
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            if len(entry.get(name, "")) > 128:
                yield _invalid(name, "up to 128 characters")
    if action == "CreateQueue" and call.get("Attributes", {}).get("FifoQueue") != "true":
        yield _invalid("QueueName", "a name that ends in .fifo needs the attribute FifoQueue=true")


def _standard(action: str, call: Call) -> Iterator[Refusal]:
    for entry in _sent(action, call):
        if "MessageDeduplicationId" in entry:
            yield _invalid("MessageDeduplicationId", "not valid for this queue type")
    if "ReceiveRequestAttemptId" in call:
        yield _invalid("ReceiveRequestAttemptId", "not valid for this queue type")
    if action == "CreateQueue" and "FifoQueue" in call.get("Attributes", {}):
        yield Refusal("InvalidAttributeName", "Unknown Attribute FifoQueue.")


def _sent(action: str, call: Call) -> list[Call]:
    entries: list[Call] = call.get("Entries", [])
    return {"SendMessage": [call], "SendMessageBatch": entries}.get(action, [])


def _invalid(name: str, reason: str) -> Refusal:
    return Refusal("InvalidParameterValue", f"Value for parameter {name} is invalid. Reason: {reason}.")


def _of_batch(code: str, message: str) -> Refusal:
    return Refusal(f"AWS.SimpleQueueService.{code}", message)
