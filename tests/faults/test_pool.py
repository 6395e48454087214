"""A pool whose connections have died without a word."""

import asyncio
import time

from pydantic import PostgresDsn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.storage.database import open_engine
from tests.faults.proxy import network
from tests.faults.servers import port_of, through

CONNECTIONS = 5
SOON = 20.0
"""Seconds for one ping in vain, and for two that each goodbye waits; a statement may take 30, each."""


async def use_all(engine: AsyncEngine) -> None:
    """Have every connection of the pool in use at once."""

    async def use() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(0.2)"))

    await asyncio.gather(*(use() for _ in range(CONNECTIONS)))


async def test_connections_that_died_without_a_word_are_found_together(database_url: str) -> None:
    with network() as net:
        link = net.link(port_of(database_url))
        url = PostgresDsn(through(database_url, link.port))
        engine = open_engine(url, pool_size=CONNECTIONS, name="tests")
        await use_all(engine)
        link.half_open()
        link.heal()
        began = time.monotonic()
        for _ in range(CONNECTIONS):
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        assert time.monotonic() - began < SOON
        await use_all(engine)
        await engine.dispose()
