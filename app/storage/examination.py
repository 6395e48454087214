"""What can be seen of the database itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.storage import migrations


@dataclass(frozen=True, slots=True)
class Seen:
    """The server, its clock, and how far it is migrated."""

    version: str
    clock: datetime
    migration: str | None


async def look(session: AsyncSession) -> Seen:
    """Ask the server about itself."""
    asked = select(func.current_setting("server_version"), func.clock_timestamp())
    version, clock = (await session.execute(asked)).one()
    return Seen(version, clock, await migrations.current(session))
