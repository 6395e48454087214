"""What this project asks of a broker beyond what Dramatiq asks."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import dramatiq
from dramatiq import Message
from dramatiq.errors import BrokerConnectionError

from app.domain.findings import Finding


class BrokerTrouble(BrokerConnectionError):  # noqa: N818 - says what happened
    """A call to the broker was in vain.

    To Dramatiq it is a connection error: a worker tells of it in a line, and tries again.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]


class BrokerUnreachable(BrokerTrouble):
    """The server does not answer, or not now: the same call may do better later."""


class BrokerMisconfigured(BrokerTrouble):
    """Something is missing that time alone will not bring: a queue, a credential, a permission."""


class Sender(Protocol):
    """Sends from an event loop, with no thread between. Raises what a broker raises."""

    async def send_all(self, messages: Sequence[Message[Any]]) -> None:
        """Send messages; some may have been sent when it raises."""

    async def aclose(self) -> None:
        """Let the connections go."""


class JobBroker(dramatiq.Broker):
    """A broker that every kind of server has one of; its calls block.

    All raise ``BrokerUnreachable`` and ``BrokerMisconfigured``, whose texts name what is missing.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of the kind's own broker
        self.draining = threading.Event()
        """Set when the worker ends, and no more messages are to be fetched."""
        super().__init__(*args, **options)

    def enqueue_all(self, messages: Sequence[Message[Any]]) -> None:
        """Send messages, in as few calls as the server allows; some may have been sent when it raises."""
        for message in messages:
            self.enqueue(message)

    def sender(self) -> Sender | None:
        """What sends without blocking, where the client library of this kind can."""
        return None

    def check(self, *, consumes: bool = False) -> None:
        """Return if messages can be sent now, or received as well."""
        raise NotImplementedError

    def findings(self, *, expected_visibility: float) -> Iterator[Finding]:
        """What an operator should know of the server and its queue, good and bad."""
        raise NotImplementedError

    def waiting(self) -> int:
        """About how many messages no worker has fetched."""
        raise NotImplementedError

    def redrive_dead_letters(self) -> int:
        """Move dead letters back to the queue they came from; returns how many there were."""
        raise NotImplementedError
