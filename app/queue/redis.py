"""Redis and what speaks its protocol: Valkey, ElastiCache, MemoryDB."""

from datetime import timedelta

from dramatiq import Middleware
from dramatiq.brokers.redis import RedisBroker
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import BrokerUrl

_HEARTBEAT_MS = 10_000
"""After how long a dead worker's prefetched messages go to others; a minute by default."""


def open_redis(url: BrokerUrl, *, patience: timedelta, middleware: list[Middleware]) -> RedisBroker:
    """Make a broker that gives up on a call after ``patience``; nothing is connected yet."""
    client: Redis = Redis.from_url(
        str(url),
        socket_timeout=patience.total_seconds(),
        socket_connect_timeout=min(patience.total_seconds(), 2),
        # One more try for a connection that the server closed since its last use. Further ones, with waits,
        # would only keep a caller from hearing that the server is down.
        retry=Retry(NoBackoff(), 1),
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client, middleware=middleware, heartbeat_timeout=_HEARTBEAT_MS
    )
