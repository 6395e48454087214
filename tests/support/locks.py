"""Races: how a test knows that somebody waits for somebody."""

from sqlalchemy import text

from app.storage.database import Sessions
from tests.support.waiting import until

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def blocked(sessions: Sessions) -> None:
    """Wait until a connection waits for another's lock."""

    async def found() -> bool:
        async with sessions.begin() as session:
            return bool((await session.execute(_WAITING)).scalar_one())

    await until(found, "a wait for a lock")
