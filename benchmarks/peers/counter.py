"""How the job that does nothing tells that it was done: the same way for every queue."""

import redis
import redis.asyncio

from benchmarks.peers.where import COUNTER_URL

DONE = "done"

_sync = redis.Redis.from_url(COUNTER_URL) if COUNTER_URL else None
_async = redis.asyncio.Redis.from_url(COUNTER_URL) if COUNTER_URL else None


def tell() -> None:
    """Say that one more is done."""
    assert _sync is not None
    _sync.lpush(DONE, 1)


async def tell_from_loop() -> None:
    """The same in an event loop."""
    assert _async is not None
    await _async.lpush(DONE, 1)


async def wait() -> None:
    """Wait until one is done."""
    assert _async is not None
    await _async.blpop([DONE])
