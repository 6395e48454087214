"""Taskiq with a stream in Redis."""

from taskiq_redis import RedisStreamBroker

from benchmarks.peers.counter import tell_from_loop
from benchmarks.peers.where import BROKER_URL

broker = RedisStreamBroker(url=BROKER_URL)


@broker.task
async def nothing() -> None:
    """Do nothing."""
    await tell_from_loop()


async def begin() -> None:
    """Connect."""
    await broker.startup()


async def enqueue() -> None:
    """Ask for one."""
    await nothing.kiq()


async def end() -> None:
    """Disconnect."""
    await broker.shutdown()
