"""What Postgres says, or does not say, when it will not answer now."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from pydantic import PostgresDsn
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.storage.database import ANSWERED, is_unreachable, open_engine
from tests.support import databases

SOON = timedelta(seconds=0.1)


@asynccontextmanager
async def engine_on(
    url: str, patience: timedelta | None = None, trust: timedelta = timedelta(0)
) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(PostgresDsn(url), pool_size=1, name="tests", patience=patience, trust=trust)
    try:
        yield engine
    finally:
        await engine.dispose()


async def error_of(url: str, statement: str, patience: timedelta | None = None) -> Exception:
    async with engine_on(url, patience) as engine:
        with pytest.raises(Exception, match=r".+") as raised:
            async with engine.begin() as connection:
                await connection.execute(text(statement))
    return raised.value


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_server_that_takes_no_more_connections_is_unreachable(database_url: str) -> None:
    await databases.execute(database_url, "CREATE ROLE crowded LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
    parts = urlsplit(database_url)
    crowded = urlunsplit(parts._replace(netloc=f"crowded:x@{parts.hostname}:{parts.port}"))
    error = await error_of(crowded, "SELECT 1")
    await databases.execute(database_url, "DROP ROLE crowded")
    assert "too many connections" in str(error)
    assert is_unreachable(error)


async def test_a_server_that_takes_another_password_by_now_is_unreachable(database_url: str) -> None:
    parts = urlsplit(database_url)
    changed = urlunsplit(parts._replace(netloc=f"{parts.username}:other@{parts.hostname}:{parts.port}"))
    error = await error_of(changed, "SELECT 1")
    assert "password authentication failed" in str(error)
    assert is_unreachable(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.DiskFullError,
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.DeadlockDetectedError,
    ],
)
def test_a_server_that_goes_away_while_it_is_connected_to_is_unreachable(error: type[Exception]) -> None:
    assert is_unreachable(error("terminating connection"))


async def test_a_server_that_hangs_up_while_it_is_connected_to_is_unreachable() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        error = await error_of(f"postgresql://nobody@127.0.0.1:{port}/none?sslmode=disable", "SELECT 1")
    assert is_unreachable(error), repr(error)


async def test_a_pooled_connection_whose_server_has_just_said_that_it_ends_it_is_made_anew(
    database_url: str,
) -> None:
    async with engine_on(database_url) as engine:
        async with engine.connect() as connection:
            ended = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            raw: Any = (await connection.get_raw_connection()).driver_connection
        # What such a connection's transport gets from a server that shuts down, and no end yet.
        reason = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
        message = b"E" + (len(reason) + 4).to_bytes(4, "big") + reason
        raw._protocol.data_received(message)  # noqa: SLF001 - nobody can time what a server sends
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one() != ended


async def test_a_server_whose_connections_die_at_once_is_unreachable(database_url: str) -> None:
    def dies(*_: object) -> None:
        raise DisconnectionError

    async with engine_on(database_url) as engine:
        event.listen(engine.sync_engine, "checkout", dies)
        with pytest.raises(InvalidRequestError) as raised:
            await engine.connect()
    assert is_unreachable(raised.value)


async def test_a_wrong_statement_is_no_outage(database_url: str) -> None:
    assert not is_unreachable(await error_of(database_url, "SELECT 1 FROM nowhere"))


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    error = await error_of(database_url, "SELECT pg_sleep(3600)", SOON)
    assert "statement timeout" in str(error)
    assert is_unreachable(error)


async def test_a_server_that_may_not_write_is_unreachable(database_url: str) -> None:
    error = await error_of(
        f"{database_url}?options=-c%20default_transaction_read_only%3Don", "DELETE FROM jobs"
    )
    assert is_unreachable(error), error


async def test_a_server_that_says_nothing_any_more_is_unreachable(database_url: str) -> None:
    async with engine_on(database_url, SOON) as engine, engine.connect() as connection:
        pid: int = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        with frozen(pid):
            with pytest.raises(TimeoutError) as raised:
                await connection.execute(text("SELECT 1"))
            assert is_unreachable(raised.value)
            # Its end must not wait for the server either.
            await connection.close()


async def test_a_connection_that_has_just_answered_is_not_asked_whether_it_lives(database_url: str) -> None:
    asked: list[str] = []
    async with engine_on(database_url, trust=timedelta(seconds=60)) as engine:

        async def use(statement: str = "SELECT 2") -> bool:
            """Whether the pool's one connection was asked first."""
            asked.clear()
            async with engine.connect() as connection:
                await connection.execute(text(statement))
            return "SELECT 1" in asked

        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            raw.driver_connection.add_query_logger(lambda query: asked.append(query.query))
            info = raw.info
        assert not await use()
        info[ANSWERED] -= 3600
        assert await use()
        assert not await use()
        with pytest.raises(DBAPIError):
            await use("SELECT 1 / 0")
        assert await use()
        assert not await use()


async def test_a_connection_that_postgres_has_closed_is_made_anew(database_url: str) -> None:
    async with engine_on(database_url, trust=timedelta(seconds=60)) as engine:
        async with engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            closed = asyncio.Event()
            raw.add_termination_listener(lambda _: closed.set())
            own = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await databases.execute(database_url, f"SELECT pg_terminate_backend({own})")
        await closed.wait()
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one() != own
