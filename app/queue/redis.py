"""Redis and what speaks its protocol: Valkey, ElastiCache, MemoryDB."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from dramatiq import Message, Middleware
from dramatiq.brokers.redis import RedisBroker
from dramatiq.common import xq_name
from dramatiq.errors import DecodeError
from redis import (
    AuthenticationError,
    ConnectionError,  # noqa: A004 - the name that Dramatiq looks for
    Redis,
    RedisError,
    ResponseError,
    TimeoutError,  # noqa: A004
)
from redis import asyncio as aio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from app.domain.brokers import RedisAddress
from app.domain.findings import Finding
from app.queue.broker import BrokerMisconfigured, BrokerUnreachable, JobBroker
from app.queue.encoding import read_message
from app.queue.messages import RenderCalendar
from app.queue.redis_consumer import WaitingConsumer
from app.queue.redis_findings import examine

_HEARTBEAT_MS = 10_000
"""After how long a dead worker's prefetched messages go to others; a minute by default."""

_MAINTENANCE_CHANCE = 120_000
"""In a million fetches: an idle worker makes eight a second, four from each of Dramatiq's two queues, so a
dead one is noticed within seconds. By Dramatiq's own chance, a hundredth of that, it takes minutes. It costs
little while nobody is dead."""

_CONNECT_SECONDS = 2
_LASTING = ("DB index is out of range", "NOAUTH", "WRONGPASS", "MOVED", "CROSSSLOT", "unknown command")
"""How the refusals begin that time alone does not end."""

log = structlog.get_logger(__name__)

Client = TypeVar("Client", Redis, aio.Redis)


def open_redis(
    address: RedisAddress, *, patience: timedelta, middleware: list[Middleware]
) -> "TolerantRedisBroker":
    """Make a broker that gives up on a call after ``patience``; nothing is connected yet."""
    broker = TolerantRedisBroker(address, patience, middleware)
    try:
        # What is wrong with the URL shows now, not at its first use.
        broker.client.connection_pool.make_connection()
    except RedisError as error:
        raise ValueError(str(error)) from None
    return broker


class TolerantRedisBroker(JobBroker, RedisBroker):
    """Dramatiq's broker; a message that can't be read does not stop it, and its consumers do not poll."""

    def __init__(self, address: RedisAddress, patience: timedelta, middleware: list[Middleware]) -> None:
        self._connect = partial(_connect, address, patience)
        super().__init__(
            client=self._connect(Redis, Retry),
            middleware=middleware,
            heartbeat_timeout=_HEARTBEAT_MS,
            maintenance_chance=_MAINTENANCE_CHANCE,
        )

    @property
    def consumer_class(self) -> type[WaitingConsumer]:
        return WaitingConsumer

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        with _broker_errors():
            return super().enqueue(message, delay=delay)

    def sender(self) -> "RedisSender":
        return RedisSender(self._connect(aio.Redis, AsyncRetry), f"{self.namespace}:{RenderCalendar.queue}")

    def check(self, *, consumes: bool = False) -> None:
        del consumes
        with _broker_errors():
            # Unlike a ping it needs what sending and receiving need: to run the script, and to write.
            self._dispatch("qsize")(RenderCalendar.queue)

    def findings(self, *, expected_visibility: float) -> Iterator[Finding]:
        del expected_visibility
        self.check()
        with _broker_errors():
            yield from examine(self.client, self.namespace, RenderCalendar.queue)

    def waiting(self) -> int:
        with _broker_errors():
            return self.client.llen(f"{self.namespace}:{RenderCalendar.queue}")

    def redrive_dead_letters(self) -> int:
        dead = f"{self.namespace}:{xq_name(RenderCalendar.queue)}"
        moved = 0
        with _broker_errors():
            letters: dict[bytes, bytes] = self.client.hgetall(f"{dead}.msgs")  # type: ignore[assignment]
            for message_id, data in letters.items():
                if self._is_readable(data, RenderCalendar.queue):
                    # Rung first and forgotten then: dying between the two only rings twice.
                    super().enqueue(Message.decode(data))
                    moved += 1
                    self.client.hdel(f"{dead}.msgs", message_id)
                    self.client.zrem(dead, message_id)
        return moved

    def close(self) -> None:
        self.client.close()

    def do_fetch(self, queue_name: str, prefetch: int) -> list[bytes]:
        """Fetch messages; those that can't be read become dead letters, and no other waits for them."""
        # Asking for none still tells the server that this worker lives.
        fetched = self._dispatch("fetch")(queue_name, 0 if self.draining.is_set() else prefetch)
        readable = []
        for data in fetched:
            if data is None:
                continue  # its text is gone: somebody else has acknowledged it
            if self._is_readable(data, queue_name):
                readable.append(data)
            else:
                self._bury(queue_name, data)
        return readable

    def do_requeue(self, queue_name: str, *message_ids: str) -> None:
        """Give messages back; Dramatiq expects an error of its own here, and no other."""
        with _broker_errors():
            self._dispatch("requeue")(queue_name, *message_ids)

    def _is_readable(self, data: bytes, queue_name: str) -> bool:
        try:
            return "redis_message_id" in read_message(data, queue_name).options
        except DecodeError:
            return False

    def _bury(self, queue_name: str, data: bytes) -> None:
        """Make a dead letter of a fetched message by its text, since nothing in it tells its id."""
        log.error("undecodable_message", queue=queue_name, data=data[:200])
        fetched = f"{self.namespace}:__acks__.{self.broker_id}.{queue_name}"
        try:
            for message_id in self.client.smembers(fetched):
                if self.client.hget(f"{self.namespace}:{queue_name}.msgs", message_id) == data:
                    self._dispatch("nack")(queue_name, message_id)
        except RedisError as error:
            # It goes back to the queue when this worker ends; the messages beside it must not wait for that.
            log.warning("undecodable_message_kept", queue=queue_name, reason=str(error))

    def _should_do_maintenance(self, command: str) -> int:
        # Whoever waits for an answer to its POST does not wait for that as well.
        due: int = super()._should_do_maintenance(command)
        return due if command == "fetch" else 0

    def _dispatch(self, command: str) -> Callable[..., Any]:
        dispatch = super()._dispatch(command)  # type: ignore[no-untyped-call]

        def call(*args: object) -> Any:  # noqa: ANN401 - whatever the script answers
            try:
                return dispatch(*args)
            except (TimeoutError, ResponseError) as error:
                # Dramatiq knows connections that close, not servers that stall, are full or fail over: it
                # would give up on an acknowledgement, and leave its message with a worker that lives.
                raise ConnectionError(str(error)) from error

        return call


class RedisSender:
    """Sends to one queue."""

    def __init__(self, client: aio.Redis, key: str) -> None:
        self._client = client
        self._key = key

    async def send_all(self, messages: Sequence[Message[Any]]) -> None:
        """Send all of them or none, by one call that has the effect of as many of Dramatiq's script."""
        texts: dict[Any, bytes] = {(key := str(uuid4())): _with_key(message, key) for message in messages}
        with _broker_errors():
            async with self._client.pipeline() as transaction:
                transaction.hset(f"{self._key}.msgs", mapping=texts)
                transaction.rpush(self._key, *texts)
                await transaction.execute()

    async def aclose(self) -> None:
        # Over TLS a server says goodbye as well; where one stalls, the rest is still to be closed.
        with suppress(RedisError):
            await self._client.aclose()


def _connect(address: RedisAddress, patience: timedelta, client: type[Client], retry: type[Any]) -> Client:
    return client.from_url(
        address.url,
        socket_timeout=patience.total_seconds(),
        socket_connect_timeout=min(patience.total_seconds(), _CONNECT_SECONDS),
        # One more try for a connection that the server closed since its last use. Further ones, with waits,
        # would only keep a caller from hearing that the server is down.
        retry=retry(NoBackoff(), 1),
    )


def _with_key(message: Message[Any], key: str) -> bytes:
    # Not its own id: a message that is sent again would be another's.
    return message.copy(options={"redis_message_id": key}).encode()


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        # See _dispatch, which has its reasons to call a refusal a connection error.
        cause = error.__cause__ if isinstance(error.__cause__, RedisError) else error
        text = str(cause) or type(cause).__name__
        if isinstance(cause, AuthenticationError):
            raise BrokerMisconfigured(f"Redis does not accept the user name or password: {text}") from error
        if isinstance(cause, NoPermissionError) or text.startswith(_LASTING):
            raise BrokerMisconfigured(f"Redis refuses: {text}") from error
        raise BrokerUnreachable(text) from error
