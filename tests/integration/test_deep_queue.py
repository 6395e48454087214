"""A queue that many jobs wait in costs those that ask, claim and sweep no more than an empty one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.owners import BUILT_IN_OWNER
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import jobs, sweeps
from app.storage.database import Sessions
from tests.support.jobs import claimed
from tests.support.messages import waiting_messages
from workers.sweeper import Sweeper

HOUR = timedelta(hours=1)

DUE = """
INSERT INTO jobs (id, owner_id, options, run_at, ring_at)
SELECT lpad(to_hex(i), 32, '0')::uuid, gen_random_uuid(), '{}', now() - i * interval '1 hour', now()
FROM generate_series(1, :count) AS i
"""
"""The id of each is how many hours it has waited."""

MANY = """
INSERT INTO jobs (id, owner_id, options, ring_at)
SELECT gen_random_uuid(), :owner, '{}', now() + i * interval '1 second' FROM generate_series(1, 20000) AS i
"""


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with aclosing(Publisher.open(settings)) as opened:
        yield opened


async def rung(
    sessions: Sessions, settings: Settings, publisher: Publisher, *, in_queue: int, due: int
) -> set[UUID]:
    """For which jobs a sweep sends messages, beside those that wait in the queue already."""
    await publisher.send_all([RenderCalendar(uuid4()) for _ in range(in_queue)])
    async with sessions.begin() as session:
        await session.execute(text(DUE), {"count": due})
    await Sweeper(sessions, publisher, settings).sweep()
    return {UUID(message["job_id"]) for message in waiting_messages(settings.broker_url.url)[in_queue:]}


async def test_where_the_queue_is_short_every_job_that_is_due_is_rung_for(
    sessions: Sessions, settings: Settings, publisher: Publisher
) -> None:
    assert len(await rung(sessions, settings, publisher, in_queue=499, due=30)) == 30


async def test_in_a_deep_queue_only_those_are_rung_for_that_have_waited_longest(
    sessions: Sessions, settings: Settings, publisher: Publisher
) -> None:
    sent = await rung(sessions, settings, publisher, in_queue=500, due=30)
    assert sent == {UUID(int=hours) for hours in range(11, 31)}


async def test_a_retry_is_rung_for_in_a_deep_queue_as_well(
    sessions: Sessions, settings: Settings, publisher: Publisher
) -> None:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await jobs.give_back(session, held, "reason")
    sent = await rung(sessions, settings, publisher, in_queue=500, due=30)
    assert sent == {held.job_id, *(UUID(int=hours) for hours in range(11, 31))}


async def plan(sessions: Sessions, run: Callable[[AsyncConnection], Awaitable[object]]) -> str:
    """How Postgres does what is run, where many jobs wait."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    async with sessions.begin() as session:
        await session.execute(text(MANY), {"owner": BUILT_IN_OWNER})
        await session.execute(text("ANALYZE jobs"))
        event.listen(session.sync_connection, "before_cursor_execute", note)
        await run(session)
        event.remove(session.sync_connection, "before_cursor_execute", note)
        ((statement, parameters),) = statements
        return "\n".join((await session.exec_driver_sql(f"EXPLAIN {statement}", parameters)).scalars())


EACH = {
    "claim": (lambda session: jobs.claim(session, uuid4(), lease=HOUR), "jobs_pkey"),
    "ring": (lambda session: sweeps.ring(session, resend_after=HOUR), "jobs_ring_at_idx"),
    "rescue": (
        lambda session: sweeps.rescue(session, max_attempts=5, retry_backoff=HOUR),
        "jobs_lease_until_idx",
    ),
}


@pytest.mark.parametrize(("run", "index"), EACH.values(), ids=EACH)
async def test_what_workers_do_reads_no_more_than_it_changes(
    sessions: Sessions, run: Callable[[AsyncConnection], Awaitable[object]], index: str
) -> None:
    found = await plan(sessions, run)
    assert f"using {index}" in found
    assert "Seq Scan on jobs" not in found
