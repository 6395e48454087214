"""The messages that this process has received and not answered yet."""

import math
import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import boto3
import structlog

from app.domain.brokers import SqsAddress
from app.queue.sqs.client import client_options

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
"""How many entries SQS takes in one call."""

_LONGEST_JOIN_SECONDS = 1.0
_TICKS_PER_VISIBILITY = 3
"""How many extensions in a row must fail before others see a message."""

log = structlog.get_logger(__name__)


class Held:
    """Counts messages, and keeps them hidden from other workers for as long as they are held.

    It outlives consumers, which Dramatiq makes anew after each error. Safe to use from several threads.
    """

    @classmethod
    def of(cls, address: SqsAddress, url: str, visibility: timedelta) -> Self:
        """Hold messages of a queue, with a client whose waits are short beside the visibility."""
        patience = max(visibility / 6, timedelta(seconds=1))
        options = client_options(address, patience=patience, tries=2)
        return cls(boto3.client("sqs", **options), url, visibility)

    def __init__(self, client: "SQSClient", url: str, visibility: timedelta) -> None:
        self._client, self._url = client, url
        self.visibility = max(1, math.ceil(visibility.total_seconds()))
        """In whole seconds, as SQS wants it."""
        self._handles: set[str] = set()
        self._changed = threading.Condition()
        # Held while visibilities are written: what is given back must not be hidden again by an extension
        # that was on its way.
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_hidden, name="sqs-visibility", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._handles)

    def take(self, handle: str) -> None:
        """Hold a message from now on."""
        with self._changed:
            self._handles.add(handle)

    def let_go(self, handles: Iterable[str]) -> None:
        """Hold them no longer; they count no more, whatever becomes of the call that answers for them."""
        with self._changed:
            self._handles.difference_update(handles)
            self._changed.notify_all()

    def wait_for_room(self, limit: int, seconds: float) -> bool:
        """Wait until fewer than ``limit`` are held; False if that took longer than ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._handles) < limit, seconds)

    def show(self, handles: Iterable[str], *, after: int) -> None:
        """Let others see messages again in ``after`` seconds; raises what botocore raises."""
        handles = list(handles)
        self.let_go(handles)
        with self._writing:
            self._set_visibility(handles, after)

    def close(self) -> None:
        """Extend no more; an extension that is on its way to a server that stalls is not waited for."""
        self._stopped.set()
        self._thread.join(_LONGEST_JOIN_SECONDS)
        self._client.close()

    def _keep_hidden(self) -> None:
        while not self._stopped.wait(self.visibility / _TICKS_PER_VISIBILITY):
            with self._writing:
                with self._changed:
                    handles = list(self._handles)
                try:
                    self._set_visibility(handles, self.visibility)
                except Exception as error:  # noqa: BLE001 - whatever it was, the next extension may do better
                    log.warning("visibility_not_extended", messages=len(handles), reason=str(error))

    def _set_visibility(self, handles: list[str], seconds: int) -> None:
        for first in range(0, len(handles), BATCH):
            batch = handles[first : first + BATCH]
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
                    for number, handle in enumerate(batch)
                ],
            )
            for failure in answer.get("Failed", []):
                # Mostly a message that was acknowledged meanwhile; otherwise its visibility has ended, and
                # whoever receives it next finds its job taken or done.
                log.debug("visibility_not_changed", code=failure["Code"], reason=failure.get("Message"))
