"""How Alembic connects, and what holds for every migration."""

import asyncio
import time

from alembic import context
from sqlalchemy import Connection

from app.settings import DatabaseSettings, read_settings
from app.storage.database import open_engine
from app.storage.schema import metadata

_ONE_AT_A_TIME = 0x6D696772617465
"""The advisory lock's key: "migrate" in ASCII."""

_LOOK_SECONDS = 0.2


def _migrate(connection: Connection) -> None:
    _wait_for_our_turn(connection)
    # A migration that waits for a table makes all who come after wait as well: better to fail and repeat.
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def _wait_for_our_turn(connection: Connection) -> None:
    # Several containers may start at once; the connection's end frees the lock, whatever happens. To wait
    # within a statement would keep a snapshot, and an index that is built meanwhile waits for those.
    while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ONE_AT_A_TIME})").scalar_one():
        connection.commit()
        time.sleep(_LOOK_SECONDS)
    connection.commit()


async def _connect_and_migrate() -> None:
    # An index on much data takes as long as it takes.
    engine = open_engine(
        read_settings(DatabaseSettings).database_url, pool_size=1, name="taskoverflow-migrate", patience=None
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
            await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(_connect_and_migrate())
