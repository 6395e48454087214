"""What feeds no longer need goes, and what they serve stays."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, insert, select, text, update

from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from app.queue.publisher import Publisher
from app.settings import Settings
from app.storage import feed_sweeps
from app.storage.database import Sessions
from app.storage.feed_sweeps import READ_ON, REMEMBERED
from app.storage.schema import feed_chunks, feed_files, feeds, jobs
from app.storage.sweeps import BATCH_BYTES
from tests.support.feeds import a_feed, a_todo, note_and_ask, render, settle
from workers.sweeper import Sweeper

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def feed(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> dict[str, Any]:
    await a_todo(client)
    made = await a_feed(client)
    await settle(sessions, settings)
    return made


@pytest.fixture
async def sweeper(sessions: Sessions, settings: Settings) -> AsyncIterator[Sweeper]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield Sweeper(sessions, publisher, settings)


async def files_pass(sessions: Sessions, by: timedelta) -> None:
    async with sessions.begin() as session:
        moved = {name: feed_files.c[name] - by for name in ("changed_at", "superseded_at")}
        await session.execute(update(feed_files).values(moved))
        await session.execute(update(feeds).values(revoked_at=feeds.c.revoked_at - by))
        await session.execute(update(jobs).values(finished_at=jobs.c.finished_at - by))


async def count(sessions: Sessions, table: Any) -> int:
    async with sessions.begin() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_the_file_that_a_feed_serves_outlives_every_time_limit(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings, sweeper: Sweeper
) -> None:
    await files_pass(sessions, settings.job_ttl + timedelta(days=365))
    await sweeper.expire()
    assert await count(sessions, jobs) == 0
    assert (await client.get(feed["url"])).status_code == 200


async def test_a_superseded_file_can_be_read_on_for_a_while_and_then_goes(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings, sweeper: Sweeper
) -> None:
    await files_pass(sessions, READ_ON)
    await sweeper.expire()
    assert await count(sessions, feed_files) == 1
    await a_todo(client, "Buy bread")
    await note_and_ask(sessions, settings)
    await render(sessions, settings)
    await sweeper.expire()
    assert await count(sessions, feed_files) == await count(sessions, feed_chunks) == 2
    await files_pass(sessions, READ_ON)
    await sweeper.expire()
    assert await count(sessions, feed_files) == await count(sessions, feed_chunks) == 1
    assert "Buy bread" in (await client.get(feed["url"])).text


async def test_of_a_revoked_feed_nothing_is_left_in_the_end(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, sweeper: Sweeper
) -> None:
    other = await a_feed(client)
    await client.delete(f"/calendars/{feed['calendar_id']}")
    await sweeper.expire()
    assert await count(sessions, feeds) == 2
    await files_pass(sessions, READ_ON)
    await sweeper.expire()
    async with sessions.begin() as session:
        assert list((await session.execute(select(feeds.c.id))).scalars()) == [UUID(other["calendar_id"])]
    assert await count(sessions, feed_files) == await count(sessions, feed_chunks) == 0


@pytest.mark.parametrize(
    ("mebibytes", "batches"), [((40, 20, 10), [2, 1, 0]), ((100, 1, 1), [1, 2, 0]), ((1, 1, 100), [2, 1, 0])]
)
async def test_files_go_in_batches_that_are_small_by_size(
    client: httpx.AsyncClient, sessions: Sessions, mebibytes: tuple[int, ...], batches: list[int]
) -> None:
    assert BATCH_BYTES == 64 * 1024**2
    feed = await a_feed(client)
    for number, size in enumerate(mebibytes):
        gone_at = func.now() - READ_ON - timedelta(hours=1) + timedelta(minutes=number)
        row = {"bytes": size * 1024**2, "digest": "", "changed_at": func.now(), "superseded_at": gone_at}
        async with sessions.begin() as session:
            await session.execute(
                insert(feed_files).values(id=uuid4(), feed_id=UUID(feed["calendar_id"]), **row)
            )
    done = []
    for _ in batches:
        async with sessions.begin() as session:
            done.append(await feed_sweeps.remove_files(session))
    assert done == batches


async def test_of_a_packed_file_counts_what_is_stored(client: httpx.AsyncClient, sessions: Sessions) -> None:
    feed = await a_feed(client)
    row = {"feed_id": UUID(feed["calendar_id"]), "bytes": BATCH_BYTES, "packed_bytes": 1, "digest": ""}
    moments = {"changed_at": func.now(), "superseded_at": func.now() - READ_ON - MINUTE}
    async with sessions.begin() as session:
        await session.execute(
            insert(feed_files).values([{"id": uuid4(), **row, **moments} for _ in range(2)])
        )
        assert await feed_sweeps.remove_files(session) == 2


async def test_renders_are_remembered_for_a_shorter_time_than_calendars(
    sessions: Sessions, sweeper: Sweeper
) -> None:
    ended = {"owner_id": BUILT_IN_OWNER, "options": {}, "state": JobState.FAILURE}
    rows = {}
    for ago in (REMEMBERED + MINUTE, REMEMBERED - MINUTE):
        for feed_id in (uuid4(), None):
            job_id = uuid4()
            rows[job_id] = feed_id is None or ago < REMEMBERED
            async with sessions.begin() as session:
                values = {"id": job_id, "feed_id": feed_id, "finished_at": func.now() - ago, **ended}
                await session.execute(insert(jobs).values(values))
    await sweeper.expire()
    async with sessions.begin() as session:
        left = set((await session.execute(select(jobs.c.id))).scalars())
    assert left == {job_id for job_id, stays in rows.items() if stays}


PLANS = {
    "what is due": (
        "SELECT id FROM feeds WHERE revoked_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT 10",
        "feeds_due_at_idx",
    ),
    "what is under way": (
        "SELECT 1 FROM jobs WHERE feed_id IS NOT NULL AND state IN ('PENDING', 'STARTED', 'RETRY') LIMIT 9",
        "jobs_open_of_feed_idx",
    ),
    "what changed": (
        (
            "SELECT id FROM feeds WHERE revoked_at IS NULL"
            " AND owner_id IN (SELECT owner_id FROM todo_changes ORDER BY id LIMIT 10)"
        ),
        "feeds_of_owner_idx",
    ),
    "what was superseded": (
        "SELECT id FROM feed_files WHERE superseded_at < now() ORDER BY superseded_at LIMIT 10",
        "feed_files_superseded_at_idx",
    ),
}


@pytest.mark.parametrize("look", PLANS)
async def test_each_look_goes_by_an_index_of_what_it_looks_for(sessions: Sessions, look: str) -> None:
    query, index = PLANS[look]
    async with sessions.begin() as session:
        for statement in MANY:
            await session.execute(text(statement))
        plan = "\n".join((await session.execute(text(f"EXPLAIN {query}"))).scalars())
    assert index in plan
    assert "Seq Scan on feed" not in plan


MANY = (
    (
        "INSERT INTO feeds (id, owner_id, options, token_hash) SELECT gen_random_uuid(), gen_random_uuid(), '{}',"
        " sha256(n::text::bytea) FROM generate_series(1, 20000) AS n"
    ),
    "INSERT INTO jobs (id, owner_id, options) SELECT id, owner_id, options FROM feeds",
    "INSERT INTO feed_files (id, feed_id, bytes, digest, changed_at) SELECT id, id, 1, '', now() FROM feeds",
    "INSERT INTO todo_changes (owner_id) SELECT owner_id FROM feeds LIMIT 3",
    "ANALYZE feeds, jobs, feed_files, todo_changes",
)
