"""Reading several things so that they fit together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from app.storage.database import Sessions


@asynccontextmanager
async def at_one_moment(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A transaction whose statements all see the same, and which can change nothing."""
    async with sessions.begin() as session:
        await session.connection(
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        yield session
