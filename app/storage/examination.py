"""What can be seen of the database itself."""

from dataclasses import dataclass
from datetime import datetime

from asyncpg import InvalidAuthorizationSpecificationError, InvalidCatalogNameError
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


def refusal(error: BaseException) -> str | None:
    """What a server said that knows no such user, password or database; None if it is another error."""
    cause: BaseException | None = error
    while cause is not None:  # SQLAlchemy wraps what the driver raised, and says more than anybody can use
        if isinstance(cause, (InvalidAuthorizationSpecificationError, InvalidCatalogNameError)):
            return str(cause)
        cause = cause.__cause__
    return None
