"""Receiving from Redis without asking again and again."""

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog
from dramatiq import MessageProxy
from dramatiq.brokers.redis import _RedisConsumer
from dramatiq.common import compute_backoff
from dramatiq.errors import ConnectionClosed
from redis import (
    ConnectionError,  # noqa: A004 - the name that Dramatiq looks for
    ResponseError,
    TimeoutError,  # noqa: A004
)

if TYPE_CHECKING:
    from app.queue.redis import TolerantRedisBroker

_POLL_MS = 100

log = structlog.get_logger(__name__)


class WaitingConsumer(_RedisConsumer):
    """Dramatiq's consumer, which waits at the server for the next message instead of polling for it.

    ``timeout`` is how many milliseconds it waits before it looks whether it is to stop.
    """

    def __init__(self, broker: "TolerantRedisBroker", queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)  # type: ignore[no-untyped-call]
        self._answered = threading.Condition()
        # A full worker fetches several at once, and not one for each that it has answered for.
        self._least_room = max(prefetch // 4, 1)
        self._woken = self._deaf = False

    def __next__(self) -> MessageProxy | None:
        if not self.message_cache:
            try:
                self._look()
            except (ConnectionError, TimeoutError) as error:
                raise ConnectionClosed(error) from None
        if not self.message_cache:
            return None
        message: MessageProxy = super().__next__()  # type: ignore[no-untyped-call]
        return message

    def ack(self, message: MessageProxy) -> None:
        """Have the server forget a message."""
        try:
            super().ack(message)  # type: ignore[no-untyped-call]
        finally:
            self._tell_room()

    def nack(self, message: MessageProxy) -> None:
        """Make a dead letter of a message."""
        try:
            super().nack(message)  # type: ignore[no-untyped-call]
        finally:
            self._tell_room()

    def _tell_room(self) -> None:
        with self._answered:
            self._answered.notify()

    @property
    def _room(self) -> int:
        room: int = self.prefetch - self.outstanding_message_count
        return room

    def _look(self) -> None:
        """Fetch, or wait for a moment until there may be something to fetch."""
        with self._answered:
            if not self._answered.wait_for(lambda: self._room >= self._least_room, self.timeout / 1000):
                return
        self.message_cache = self.broker.do_fetch(self.queue_name, self._room)
        if self.message_cache:
            return
        if self.broker.draining.is_set():
            time.sleep(self.timeout / 1000)
            return
        if self._woken:
            # All that wait are woken, and others were faster: many idle workers must not storm the server.
            self.misses, pause_ms = compute_backoff(self.misses, max_backoff=_POLL_MS)
            time.sleep(pause_ms / 1000)
        self._woken = self._wait()

    def _wait(self) -> bool:
        """Whether there is a message, as soon as there is one."""
        queue = f"{self.broker.namespace}:{self.queue_name}"
        try:
            # From its place to its place: it is only looked at, and still there for whoever fetches it.
            first: Any = self.broker.client.blmove(queue, queue, self.timeout / 1000, "LEFT", "LEFT")
        except ResponseError as error:
            if not self._deaf:
                self._deaf = True
                log.warning("polling_redis", queue=self.queue_name, reason=str(error))
            time.sleep(_POLL_MS / 1000)
            return False
        return first is not None
