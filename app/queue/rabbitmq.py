"""RabbitMQ and Amazon MQ."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pika
import structlog
from dramatiq import Consumer, Message, MessageProxy, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker, _RabbitmqConsumer
from dramatiq.common import xq_name
from dramatiq.errors import ConnectionClosed, DecodeError
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from app.domain.brokers import RabbitmqAddress
from app.domain.findings import Finding, Level
from app.queue.broker import BrokerMisconfigured, BrokerUnreachable, JobBroker
from app.queue.encoding import flaw_of, read_message
from app.queue.messages import RenderCalendar

_HEARTBEAT_SECONDS = 10
"""A server that stalls is given up after two; pika alone would wait for a confirm without end."""

_CONNECT_SECONDS = 2
_LOOK_SECONDS = 0.1
_REFUSALS = {403, 404, 406, 530}
"""AMQP 0-9-1's access-refused, not-found, precondition-failed and not-allowed."""

log = structlog.get_logger(__name__)


def open_rabbitmq(
    address: RabbitmqAddress, *, patience: timedelta, middleware: list[Middleware]
) -> "ConfirmingRabbitmqBroker":
    """Make a broker that gives up on a call after about ``patience``; nothing is connected yet."""
    parameters = pika.URLParameters(address.url)
    parameters.heartbeat = _HEARTBEAT_SECONDS
    parameters.blocked_connection_timeout = patience.total_seconds()
    parameters.socket_timeout = min(patience.total_seconds(), _CONNECT_SECONDS)
    parameters.stack_timeout = 2 * parameters.socket_timeout
    parameters.connection_attempts = 1
    parameters.client_properties = {"connection_name": "taskoverflow"}
    # Without confirms a server that dies between taking a message and keeping it loses it unnoticed.
    broker = ConfirmingRabbitmqBroker(confirm_delivery=True, middleware=middleware)
    broker.parameters = parameters
    return broker


class ConfirmingRabbitmqBroker(JobBroker, RabbitmqBroker):
    """Dramatiq's broker, with confirms, and with consumers that stop fetching when the worker drains."""

    @property
    def consumer_class(self) -> type["DrainableConsumer"]:
        return DrainableConsumer

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        with _broker_errors():
            return super().consume(queue_name, prefetch, timeout)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        with _broker_errors():
            return super().enqueue(message, delay=delay)

    def check(self, *, consumes: bool = False) -> None:
        del consumes
        with _broker_errors():
            # Declared anew each time, for the server may have been made anew since the last.
            self.queues_pending.add(RenderCalendar.queue)
            self.declare_queue(RenderCalendar.queue, ensure=True)

    def findings(self, *, expected_visibility: float) -> Iterator[Finding]:
        del expected_visibility
        self.check()
        with _broker_errors():
            waiting, _, dead = self.get_queue_message_counts(RenderCalendar.queue)
        detail = f"RabbitMQ answers; {waiting} messages wait, {dead} are dead letters"
        yield Finding("broker", Level.OK, detail)

    def waiting(self) -> int:
        with _broker_errors():
            return self.get_queue_message_counts(RenderCalendar.queue)[0]

    def redrive_dead_letters(self) -> int:
        moved = 0
        with _broker_errors():
            self.declare_queue(RenderCalendar.queue, ensure=True)
            # No more than there were: one that workers refuse at once would be moved again and again.
            for _ in range(self.get_queue_message_counts(RenderCalendar.queue)[-1]):
                method, _, body = self.channel.basic_get(xq_name(RenderCalendar.queue))
                if method is None:
                    break
                try:
                    super().enqueue(read_message(body, RenderCalendar.queue))
                except DecodeError:
                    continue  # not acknowledged: it is a dead letter again when the channel closes
                self.channel.basic_ack(method.delivery_tag)
                moved += 1
            del self.channel
        return moved


class DrainableConsumer(_RabbitmqConsumer):
    """Dramatiq's consumer, which gives back what it fetched ahead once the worker drains."""

    _cancelled = False

    def __next__(self) -> MessageProxy | None:
        if self.broker.draining.is_set():
            self._drain()
            return None
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]
        if message is not None and (flaw := flaw_of(message, self.queue_name)):
            log.error("undecodable_message", queue=self.queue_name, reason=flaw)
            self.nack(message)  # type: ignore[no-untyped-call]
            return None
        return message

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Let others have messages at once, and not only when the connection closes."""
        for message in messages:
            tag = message._tag  # noqa: SLF001 - Dramatiq's own consumer reads it so
            if tag in self.known_tags:
                self.known_tags.discard(tag)
                with suppress(AMQPError):  # a closed connection's messages go back by themselves
                    self.connection.add_callback_threadsafe(
                        partial(self.channel.basic_nack, tag, requeue=True)
                    )

    def _drain(self) -> None:
        try:
            if not self._cancelled:
                self._cancelled = True
                self.channel.cancel()
            # Acknowledgements of what still runs are sent from here.
            self.connection.process_data_events(_LOOK_SECONDS)
        except (AMQPError, AssertionError) as error:
            raise BrokerUnreachable(str(error) or type(error).__name__) from None


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    # A greeting that comes too late is none of pika's other errors.
    except (AMQPError, AMQPConnectorException, ConnectionClosed, OSError) as error:
        # Dramatiq wraps the server's error in one of its own.
        cause = error.message if isinstance(error, ConnectionClosed) else error
        # Most of pika's errors have no text, and arguments that tell.
        text = str(cause) or ", ".join(map(repr, getattr(cause, "args", ()))) or type(cause).__name__
        if _is_refusal(cause):
            raise BrokerMisconfigured(f"RabbitMQ refuses: {text}") from error
        raise BrokerUnreachable(text) from error


def _is_refusal(error: object) -> bool:
    if isinstance(error, (AuthenticationError, ProbableAuthenticationError, ProbableAccessDeniedError)):
        return True
    return (
        isinstance(error, (ChannelClosedByBroker, ConnectionClosedByBroker)) and error.reply_code in _REFUSALS
    )
