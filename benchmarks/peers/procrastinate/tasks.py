"""Procrastinate, whose queue is a table in Postgres."""

from procrastinate import App, PsycopgConnector

from benchmarks.peers.counter import tell_from_loop
from benchmarks.peers.where import QUEUE_URL

app = App(connector=PsycopgConnector(conninfo=QUEUE_URL, min_size=4, max_size=16))


@app.task
async def nothing() -> None:
    """Do nothing."""
    await tell_from_loop()


async def begin() -> None:
    """Connect."""
    await app.open_async()


async def enqueue() -> None:
    """Ask for one."""
    await nothing.defer_async()


async def end() -> None:
    """Disconnect."""
    await app.close_async()
