"""Reading several things so that they fit together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.database import Sessions


@asynccontextmanager
async def at_one_moment(sessions: Sessions) -> AsyncIterator[AsyncConnection]:
    """A transaction whose statements all see the same, and which can change nothing."""
    async with sessions() as session:
        await session.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield session
