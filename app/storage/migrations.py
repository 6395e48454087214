"""Which migration the database is at, and which the code expects.

Both without Alembic, which every start of the API would wait for.
"""

from pathlib import Path

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"

_ALEMBIC = table("alembic_version", column("version_num"))
"""Where Alembic notes what it has done."""


def expected_head() -> str:
    """The newest migration that this release ships; they are numbered in the order in which they apply."""
    return max(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


async def current(session: AsyncConnection) -> str | None:
    """The migration that the database is at; None if it was never migrated."""
    if (await session.execute(select(func.to_regclass(_ALEMBIC.name)))).scalar_one() is None:
        return None
    revision: str | None = (await session.execute(select(_ALEMBIC.c.version_num))).scalar_one_or_none()
    return revision
