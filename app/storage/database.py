"""Connections to Postgres."""

import asyncpg
from pydantic import PostgresDsn
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

CONNECT_SECONDS = 3
STATEMENT_SECONDS = 30

Sessions = async_sessionmaker[AsyncSession]
"""``async with sessions.begin() as session:`` is one transaction."""


def open_engine(url: PostgresDsn, *, pool_size: int, name: str) -> AsyncEngine:
    """Make a pool of connections for the running event loop; nothing is connected yet.

    ``name`` is what an operator sees in ``pg_stat_activity``.
    """

    async def connect() -> asyncpg.Connection:
        # asyncpg reads the URL itself, since SQLAlchemy would not understand libpq's sslmode and the like.
        return await asyncpg.connect(
            str(url),
            timeout=CONNECT_SECONDS,
            server_settings={
                "application_name": name,
                "timezone": "UTC",
                "jit": "off",  # compiling takes longer than any of our short queries
                "statement_timeout": f"{STATEMENT_SECONDS}s",
                "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
            },
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
    )


def open_sessions(engine: AsyncEngine) -> Sessions:
    """Make the factory of transactions on an engine."""
    return async_sessionmaker(engine, expire_on_commit=False)


UNREACHABLE = (
    OSError,
    PoolTimeout,
    OperationalError,
    InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)
"""What the drivers raise when Postgres can't be reached or will not answer now."""


_NOT_NOW = {"53300", "57P01", "57P02", "57P03"}
"""Too many connections, shutting down, crashed, starting up: SQLAlchemy wraps these like any other error."""


def is_unreachable(error: BaseException) -> bool:
    """Whether an error says that Postgres can't be reached, rather than that a statement is wrong."""
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _NOT_NOW:
        return True
    return isinstance(error, UNREACHABLE) or (isinstance(error, DBAPIError) and error.connection_invalidated)
