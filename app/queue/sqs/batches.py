"""Batches as SQS takes them."""

from collections.abc import Iterator
from typing import Any

from dramatiq_sqs.broker import MAX_MESSAGE_SIZE_BYTES

from app.queue.sqs.held import BATCH


def batches(entries: list[dict[str, Any]]) -> Iterator[list[Any]]:
    """Split entries into batches of up to ten, of up to 1 MiB in all."""
    batch: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        bytes_of_it = len(entry["MessageBody"])
        if batch and (len(batch) == BATCH or size + bytes_of_it > MAX_MESSAGE_SIZE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += bytes_of_it
    if batch:
        yield batch
