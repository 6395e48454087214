"""What Postgres tells of jobs that change."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import text

from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.notices import Notices
from tests.support.jobs import COUNTS, LEASE, NONE, a_job, claimed
from tests.support.waiting import until


@dataclass
class Listener:
    """Keeps what it hears."""

    heard: list[UUID] = field(default_factory=list)
    connections: int = 0

    def connected(self) -> None:
        self.connections += 1

    async def until_heard(self, job_id: UUID) -> None:
        async def is_there() -> bool:
            return job_id in self.heard

        await until(is_there, "a notice")

    async def until_connected(self, times: int) -> None:
        async def is_so() -> bool:
            return self.connections == times

        await until(is_so, "a connection")


@pytest.fixture
async def listener(settings: Settings) -> AsyncIterator[Listener]:
    listener = Listener()
    listening = Notices(settings.database_url, "tests-listening").listen(
        listener.heard.append, listener.connected
    )
    task = asyncio.create_task(listening)
    await listener.until_connected(1)
    yield listener
    task.cancel()
    await asyncio.wait({task})


async def changed_once(sessions: Sessions) -> UUID:
    """A job whose one change all can hear."""
    held = await claimed(sessions)
    return held.job_id


async def test_every_change_that_somebody_may_wait_for_is_told(
    listener: Listener, sessions: Sessions
) -> None:
    job_id = await a_job(sessions)
    async with sessions.begin() as session:
        held = await queries.claim(session, job_id, lease=LEASE)
    assert held is not None
    held.progress.total, held.progress.done = 2, 1
    async with sessions.begin() as session:
        assert await queries.heartbeat(session, held, lease=LEASE)
    async with sessions.begin() as session:
        assert await queries.retry(session, held, "reason", after=NONE)
    async with sessions.begin() as session:
        again = await queries.claim(session, job_id, lease=LEASE)
        assert again is not None
    async with sessions.begin() as session:
        assert await queries.succeed(session, again, COUNTS, "d")
    await listener.until_heard(await changed_once(sessions))
    # Stored, which nobody can wait for yet, and then five changes.
    assert listener.heard[:-1] == [job_id] * 5


async def test_a_heartbeat_with_no_progress_is_not_told(listener: Listener, sessions: Sessions) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await queries.heartbeat(session, held, lease=LEASE)
    await listener.until_heard(await changed_once(sessions))
    assert listener.heard.count(held.job_id) == 1


async def test_what_is_rolled_back_is_not_told(listener: Listener, sessions: Sessions) -> None:
    job_id = await a_job(sessions)
    async with sessions() as session:
        assert await queries.claim(session, job_id, lease=LEASE)
        await session.rollback()
    await listener.until_heard(await changed_once(sessions))
    assert job_id not in listener.heard


async def test_a_connection_that_is_lost_is_made_again_and_said_to_be_new(
    listener: Listener, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'tests-listening'"
            )
        )
    await listener.until_connected(2)
    await listener.until_heard(await changed_once(sessions))
