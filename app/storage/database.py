"""Connections to Postgres."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from pydantic import PostgresDsn
from sqlalchemy import AdaptedConnection, ColumnElement, event, func, true
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    InvalidRequestError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

CONNECT_SECONDS = 3

_PATIENCE = timedelta(seconds=30)
_ANSWER_SECONDS = 1
"""By how much longer a client waits than its server works: the time for the server to say that it gave up."""

_PING_SECONDS = 3
ANSWERED = "taskoverflow_answered"
"""In the ``info`` of a connection: when it was given back, by the monotonic clock."""
_DOUBTED = -math.inf
"""The same where its last statement failed."""

_COMMIT_WITHIN = "5s"

_IDLE = timedelta(minutes=5)
"""A worker may read for long before it writes the next piece of its file."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Connections of a pool, each for as long as the block that asks for it.

    There are no objects to keep in step with rows, which is what SQLAlchemy's own sessions are for; they
    would double what a short statement costs.
    """

    _engine: AsyncEngine
    _at_once: AsyncEngine

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One transaction, which the block's end commits, and an error rolls back."""
        return self._engine.begin()

    def __call__(self) -> AsyncConnection:
        """One transaction from the first statement on, which ``commit`` alone keeps."""
        return self._engine.connect()

    def at_once(self) -> AsyncConnection:
        """Statements each of which is a transaction of its own, with no ``COMMIT`` to wait for.

        A process that is stopped or cut off between the two would keep its locks, and with them what its
        successors need, until the server gives up on it.
        """
        return self._at_once.connect()

    @asynccontextmanager
    async def directly(self) -> AsyncIterator[asyncpg.Connection]:
        """The driver's own connection, for what is asked so often that SQLAlchemy's part in it counts.

        Here too each statement is a transaction of its own.
        """
        lent = await self._engine.raw_connection()
        try:
            yield lent.driver_connection
        except BaseException:
            lent.info[ANSWERED] = _DOUBTED
            raise
        finally:
            lent.close()  # which gives it back, and has nothing to roll back


def open_engine(
    url: PostgresDsn,
    *,
    pool_size: int,
    name: str,
    patience: timedelta | None = _PATIENCE,
    idle: timedelta = _IDLE,
    trust: timedelta = timedelta(0),
) -> AsyncEngine:
    """Make a pool of connections for the running event loop; nothing is connected yet.

    ``name`` is what an operator sees in ``pg_stat_activity``. ``patience`` is how long a statement may take,
    locks that it waits for included; None is without end. It counts on both sides, for a server that hangs,
    or a connection whose other end is gone, says nothing at all. ``idle`` is how long a transaction may wait
    for its next statement. ``trust`` is how long a connection that has answered is taken to live: to ask it
    costs as much as a short statement, and not to ask the patience, once, if it has died without a word.
    """
    seconds = None if patience is None else patience.total_seconds()

    async def connect() -> asyncpg.Connection:
        # asyncpg reads the URL itself, since SQLAlchemy would not understand libpq's sslmode and the like.
        return await asyncpg.connect(
            str(url),
            timeout=CONNECT_SECONDS,
            command_timeout=None if seconds is None else seconds + _ANSWER_SECONDS,
            server_settings={
                "application_name": name,
                "timezone": "UTC",
                "jit": "off",  # compiling takes longer than any of our short queries
                "statement_timeout": _milliseconds(patience or timedelta(0)),
                "idle_in_transaction_session_timeout": _milliseconds(idle),
            },
        )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        # Errors go to the log, and people's todos do not.
        hide_parameters=True,
    )
    _ping_before_use(engine, trust)
    return engine


def _ping_before_use(engine: AsyncEngine, trust: timedelta) -> None:
    """See that a pooled connection lives before it is used again.

    SQLAlchemy's own ping may take as long as the longest statement, and find connections that died without a
    word one by one: where one is dead, this has all of them made anew.
    """

    def doubt(error: ExceptionContext) -> None:
        if error.connection is not None and not error.connection.invalidated:
            error.connection.info[ANSWERED] = _DOUBTED

    def believe(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        if connection is not None and record.info.get(ANSWERED) != _DOUBTED:
            record.info[ANSWERED] = time.monotonic()

    def ping(connection: AdaptedConnection, record: ConnectionPoolEntry, _: object) -> None:
        answered = record.info.get(ANSWERED)
        if answered is None:
            return  # it was just made
        if connection.driver_connection.is_closed():
            raise InvalidatePoolError
        if time.monotonic() - answered < trust.total_seconds():
            return
        try:
            connection.run_async(lambda raw: raw.execute("SELECT 1", timeout=_PING_SECONDS))
        except ERRORS as error:
            raise InvalidatePoolError from error
        record.info[ANSWERED] = time.monotonic()

    # Not at the engine, which would then look for listeners at each step of each statement.
    event.listen(engine.dialect, "handle_error", doubt)
    event.listen(engine.sync_engine, "checkin", believe)
    event.listen(engine.sync_engine, "checkout", ping)


def _milliseconds(time: timedelta) -> str:
    return f"{round(time.total_seconds() * 1000)}ms"


def open_sessions(engine: AsyncEngine) -> Sessions:
    """Lend an engine's connections."""
    return Sessions(engine, engine.execution_options(isolation_level="AUTOCOMMIT"))


def commit_soon() -> ColumnElement[str]:
    """For the statement that locks what others wait for, in a transaction that has gone on for long.

    From a worker that dies unheard of before its COMMIT nobody could take the lock: its server gives up on
    that one soon.
    """
    setting = func.set_config("idle_in_transaction_session_timeout", _COMMIT_WITHIN, true())
    return setting.label("commit_within")


ERRORS = (
    OSError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""All that asking Postgres may raise; ``is_unreachable`` tells what it means."""

_NOT_NOW = {
    "40",  # of several that wait for each other this one was given up
    "08",  # the connection is broken, or can't be made
    "28",  # the password is not the user's any more, or not yet
    "53",  # no connection, disk or memory left
    "57",  # shutting down, crashed, starting up, or an operator or a time limit ended the statement
    "25006",  # read-only: a standby, or a server that an operator closed for writing
    "55P03",  # a lock is not to be had in time
}
"""SQLSTATEs, and classes of them, of what may go otherwise later."""


def is_unreachable(error: BaseException) -> bool:
    """Whether an error says that Postgres can't do it now, rather than that a statement is wrong."""
    if isinstance(error, InvalidRequestError):
        # A pool's last word when each connection that it made was dead at once.
        return "connection is closed" in str(error).lower()
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # What SQLAlchemy wraps, and what it does not: errors of a connection that is just being made.
    sqlstate = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return sqlstate in _NOT_NOW or sqlstate[:2] in _NOT_NOW or isinstance(error, _WITHOUT_SQLSTATE)


_WITHOUT_SQLSTATE = (
    OSError,
    PoolTimeout,
    OperationalError,
    InterfaceError,
    asyncpg.InterfaceError,
    # Of a connection whose server has said that it ends it, and which has not ended yet.
    asyncpg.InternalClientError,
)
