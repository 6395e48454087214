"""Celery with a Redis broker and no results."""

from celery import Celery

from benchmarks.peers.counter import tell
from benchmarks.peers.where import BROKER_URL

app = Celery("queue", broker=BROKER_URL)
app.conf.broker_connection_retry_on_startup = True


@app.task(ignore_result=True)
def nothing() -> None:
    """Do nothing."""
    tell()


async def enqueue() -> None:
    """Ask for one."""
    nothing.delay()


async def begin() -> None:
    """Nothing is to be done: the first message connects."""


async def end() -> None:
    """Nothing is to be done."""
