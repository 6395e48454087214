"""Sending from an event loop, which must never wait for a broker."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Self, TypeVar

from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import DramatiqError
from redis import RedisError

from app.queue.messages import RenderCalendar
from app.queue.redis import open_redis
from app.settings import BrokerUrl

PATIENCE = timedelta(seconds=1)
"""How long a request may wait for the broker: its job is safe already, the message only saves it time."""

_THREADS = 8

T = TypeVar("T")


class SendFailed(Exception):  # noqa: N818 - says what happened
    """The broker could not be reached in time; the sweeper will send again."""


class Publisher:
    """Sends messages on threads of its own, since Dramatiq's brokers block."""

    def __init__(self, broker: RedisBroker) -> None:
        self._broker = broker
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="publisher")

    @classmethod
    def open(cls, url: BrokerUrl) -> Self:
        """Make a publisher for the broker at a URL; nothing is connected yet."""
        return cls(open_redis(url, patience=PATIENCE, middleware=[]))

    async def send(self, message: RenderCalendar) -> None:
        """Hand a message to the broker, or raise ``SendFailed``."""
        await self._run(lambda: self._broker.enqueue(message.encode()))

    async def ping(self) -> None:
        """Raise ``SendFailed`` if the broker does not answer."""
        await self._run(self._broker.client.ping)

    async def _run(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            # A stalled broker holds the threads: whoever waits for one must be able to give up as well.
            async with asyncio.timeout(2 * PATIENCE.total_seconds()):
                return await loop.run_in_executor(self._threads, call)
        except (RedisError, DramatiqError, OSError) as error:
            raise SendFailed(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Let the connections go."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._broker.client.close()
