"""arq, which has Redis alone."""

from typing import Any

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings

from benchmarks.peers.counter import tell_from_loop
from benchmarks.peers.where import BROKER_URL

_pool: ArqRedis


async def nothing(context: dict[str, Any]) -> None:
    """Do nothing."""
    del context
    await tell_from_loop()


class WorkerSettings:
    """What arq's command loads."""

    functions = (nothing,)
    redis_settings = RedisSettings.from_dsn(BROKER_URL)


async def begin() -> None:
    """Connect."""
    global _pool  # noqa: PLW0603 - one for the program
    _pool = await create_pool(WorkerSettings.redis_settings)


async def enqueue() -> None:
    """Ask for one."""
    await _pool.enqueue_job(nothing.__name__)


async def end() -> None:
    """Disconnect."""
    await _pool.aclose()
