"""Sending from an event loop, which must never wait for a broker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Self, TypeVar

from dramatiq import Message

from app.grouping import Grouping
from app.metrics.sends import SendMetrics
from app.queue.broker import JobBroker
from app.queue.messages import RenderCalendar
from app.queue.open import open_broker
from app.settings import Settings
from app.tracing.tracing import OFF, Tracing

PATIENCE = timedelta(seconds=1)
"""How long a call may wait for the broker: the jobs are safe already, a message only saves them time."""

_FOR_MANY_DEAD_LETTERS = timedelta(minutes=10)

_THREADS = 8
_SENT_TOGETHER = 128

T = TypeVar("T")


class SendFailed(Exception):  # noqa: N818 - says what happened
    """The broker could not be reached in time; the sweeper will send again."""


class Publisher:
    """Sends messages; on threads of its own where the broker's client library blocks, as Dramatiq's do.

    A thread costs more than sending itself: it and the event loop wake each other, and both want the
    interpreter. Whoever sends in an event loop closes it there.
    """

    def __init__(self, broker: JobBroker, metrics: SendMetrics, tracing: Tracing = OFF) -> None:
        self._broker = broker
        self._sender = broker.sender()
        self._metrics = metrics
        self._tracing = tracing
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="publisher")
        self._sends = Grouping(self._enqueue, largest=_SENT_TOGETHER, calls=_THREADS)
        self._begun: set[asyncio.Task[None]] = set()

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        patience: timedelta = PATIENCE,
        metrics: SendMetrics | None = None,
        tracing: Tracing = OFF,
    ) -> Self:
        """Make a publisher for the broker in the settings; nothing is connected yet."""
        return cls(open_broker(settings, patience=patience), metrics or SendMetrics.unobserved(), tracing)

    async def send(self, message: RenderCalendar) -> None:
        """Hand a message to the broker, with others that are sent now, or raise ``SendFailed``."""
        with self._metrics.counting(1), self._tracing.sending(1):
            await _in_time(self._sends.ask(message.encode()), 2 * PATIENCE)

    def send_soon(self, message: RenderCalendar, otherwise: Callable[[SendFailed], None]) -> None:
        """Send a message while whoever has it goes on; ``otherwise`` hears of it if it can't be sent."""

        async def send() -> None:
            try:
                await self.send(message)
            except SendFailed as error:
                otherwise(error)

        task = asyncio.create_task(send())
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def finish(self) -> None:
        """Wait for what is to be sent soon; it takes as long as the broker may, and no longer."""
        if self._begun:
            await asyncio.wait(self._begun)

    async def send_all(self, messages: Sequence[RenderCalendar]) -> None:
        """Hand many over, or raise ``SendFailed`` although some may have been sent."""
        with self._metrics.counting(len(messages)), self._tracing.sending(len(messages)):
            await self._enqueue([message.encode() for message in messages])

    async def redrive_dead_letters(self) -> int:
        """Move dead letters back to their queue, and count them; or raise ``SendFailed``."""
        return await self._run(self._broker.redrive_dead_letters, _FOR_MANY_DEAD_LETTERS)

    async def waiting(self) -> int:
        """About how many messages no worker has fetched; or raise ``SendFailed``."""
        return await self._run(self._broker.waiting, 2 * PATIENCE)

    async def ping(self) -> None:
        """Raise ``SendFailed`` if the broker does not answer."""
        await self._run(self._broker.check, 2 * PATIENCE)

    async def _enqueue(self, messages: Sequence[Message[Any]]) -> list[None]:
        patience = 2 * PATIENCE + len(messages) * PATIENCE / 100
        if self._sender is None:
            await self._run(lambda: self._broker.enqueue_all(messages), patience)
        else:
            await _in_time(self._sender.send_all(messages), patience)
        return [None] * len(messages)

    async def _run(self, call: Callable[[], T], patience: timedelta) -> T:
        return await _in_time(asyncio.get_running_loop().run_in_executor(self._threads, call), patience)

    async def aclose(self) -> None:
        """Let the connections go."""
        if self._sender is not None:
            await self._sender.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._broker.close()


async def _in_time(sending: Awaitable[T], patience: timedelta) -> T:
    try:
        # A stalled broker holds the threads: whoever waits for one must be able to give up as well.
        async with asyncio.timeout(patience.total_seconds()):
            return await sending
    except Exception as error:
        # Whatever a client library may raise: the job is accepted, and its client is to hear so.
        raise SendFailed(str(error) or type(error).__name__) from error
