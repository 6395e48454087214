"""Dramatiq with a Redis broker."""

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.counter import tell
from benchmarks.peers.where import BROKER_URL

dramatiq.set_broker(RedisBroker(url=BROKER_URL))


@dramatiq.actor
def nothing() -> None:
    """Do nothing."""
    tell()


async def enqueue() -> None:
    """Ask for one."""
    nothing.send()


async def begin() -> None:
    """Nothing is to be done: the first message connects."""


async def end() -> None:
    """Nothing is to be done."""
