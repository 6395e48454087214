"""Each migration, up and down, on data."""

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from app.cli.local.servers import Servers
from app.cli.migrate import alembic_config
from app.storage.packing import Packer
from tests.support import databases
from tests.support.waiting import until

REVISIONS = [
    s.revision for s in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
]

FILL = """
    INSERT INTO todos (owner_id, title, completed) VALUES (gen_random_uuid(), 'a', false);
    INSERT INTO jobs (id, owner_id, options) VALUES (gen_random_uuid(), gen_random_uuid(), '{}');
    INSERT INTO result_chunks SELECT id, 1, 0, 'x' FROM jobs;
"""

FILL_SINCE = {
    "0002": "INSERT INTO job_events (job_id, attempt, kind) SELECT id, 1, 'claimed' FROM jobs;",
    "0003": "UPDATE jobs SET version = 2, idempotency_key = 'a';",
    "0005": "UPDATE jobs SET progress = 0.5;",
    "0006": """
        INSERT INTO feeds (id, owner_id, options, token_hash) SELECT id, owner_id, '{}', 'x' FROM jobs;
        INSERT INTO feed_files (id, feed_id, bytes, digest, changed_at) SELECT id, id, 1, '', now() FROM feeds;
        INSERT INTO feed_chunks SELECT id, 0, 'x' FROM feeds;
        UPDATE jobs SET feed_id = id;
        UPDATE todos SET owner_id = (SELECT owner_id FROM feeds);
        DELETE FROM todos;
    """,
    "0007": "UPDATE jobs SET request_id = 'a', traceparent = 'b';",
    "0008": "INSERT INTO todos (owner_id, title, completed, deadline_at) SELECT id, 'a', false, now() FROM jobs;",
    "0009": "UPDATE jobs SET packed_bytes = 1, object_url = 's3://a/b'; UPDATE feed_files SET packed_bytes = 1;",
    "0010": "UPDATE jobs SET result_of = id, result_attempt = 1;",
}
"""What a migration made room for."""


async def test_models_and_migrations_agree(servers: Servers) -> None:
    async with databases.database(servers.database_url) as url:
        done = databases.migrate(url, "check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("revision", REVISIONS)
async def test_each_migration_can_be_taken_back_and_applied_again(servers: Servers, revision: str) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        assert databases.migrate(url, "upgrade", revision).returncode == 0
        await databases.execute(url, FILL, *(sql for since, sql in FILL_SINCE.items() if since <= revision))
        for arguments in (("downgrade", "--", "-1"), ("upgrade", revision)):
            done = databases.migrate(url, *arguments)
            assert done.returncode == 0, done.stderr


async def test_the_last_downgrade_leaves_nothing(servers: Servers) -> None:
    async with databases.database(servers.database_url) as url:
        assert databases.migrate(url, "downgrade", "base").returncode == 0
        connection = await asyncpg.connect(url)
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()
    assert [row["tablename"] for row in tables] == ["alembic_version"]


async def test_of_two_that_migrate_at_once_both_find_it_done(servers: Servers) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        first = await asyncpg.connect(url)
        await first.execute(f"SELECT pg_advisory_lock({int.from_bytes(b'migrate')})")
        both = [asyncio.create_task(asyncio.to_thread(databases.migrate, url, "upgrade")) for _ in range(2)]

        async def both_are_there() -> bool:
            return await numbers(url, MIGRATORS) == [2]

        await until(both_are_there, "two that wait for their turn")
        await first.close()
        for done in await asyncio.gather(*both):
            assert done.returncode == 0, done.stderr


async def test_jobs_are_accepted_while_indexes_are_built(servers: Servers) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        assert databases.migrate(url, "upgrade", "0002").returncode == 0
        reader = await asyncpg.connect(url)
        snapshot = reader.transaction(isolation="repeatable_read")
        await snapshot.start()
        await reader.execute("SELECT FROM todos")
        migrating = asyncio.create_task(asyncio.to_thread(databases.migrate, url, "upgrade", "0003"))

        async def builds() -> bool:
            return await numbers(url, BUILDING) == [1]

        await until(builds, "a build that waits for the reader")
        await databases.execute(url, "SET lock_timeout = '10s'", FILL)
        await reader.close()
        done = await migrating
    assert done.returncode == 0, done.stderr


INTERRUPTED = {
    "0003": (
        "ALTER TABLE jobs ADD COLUMN version smallint NOT NULL DEFAULT 1",
        "CREATE INDEX jobs_open_idx ON jobs (owner_id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jobs_open_idx'::regclass",
    ),
    "0006": (
        "ALTER TABLE jobs ADD COLUMN feed_id uuid",
        "CREATE INDEX jobs_open_of_feed_idx ON jobs (feed_id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jobs_open_of_feed_idx'::regclass",
    ),
    "0010": (
        "ALTER TABLE jobs ADD COLUMN result_of uuid",
        "CREATE INDEX jobs_twins_idx ON jobs (owner_id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jobs_twins_idx'::regclass",
    ),
}
"""How far each had come that builds indexes in no transaction."""


@pytest.mark.parametrize("revision", INTERRUPTED)
async def test_a_migration_that_was_interrupted_can_be_repeated(servers: Servers, revision: str) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        before = REVISIONS[REVISIONS.index(revision) - 1]
        assert databases.migrate(url, "upgrade", before).returncode == 0
        await databases.execute(url, *INTERRUPTED[revision])
        for command in ("upgrade", "check"):
            done = databases.migrate(url, command)
            assert done.returncode == 0, done.stdout + done.stderr
        assert await numbers(url, "SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [0]


MIGRATORS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'taskoverflow-migrate' AND query ~* 'advisory|commit'
"""
BUILDING = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND wait_event = 'virtualxid' AND query LIKE 'CREATE%INDEX CONCURRENTLY%'
"""


async def test_todos_are_counted_whoever_writes_them(servers: Servers) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        assert databases.migrate(url, "upgrade", "0003").returncode == 0
        await databases.execute(url, SOME_TODOS.format(owner=1, count=3))
        assert databases.migrate(url, "upgrade").returncode == 0
        await databases.execute(url, SOME_TODOS.format(owner=1, count=2), SOME_TODOS.format(owner=2, count=7))
        await databases.execute(url, "DELETE FROM todos WHERE id % 3 = 0")
        assert await totals(url) == await counted(url) == [4, 4]
        await databases.execute(url, "TRUNCATE todos", SOME_TODOS.format(owner=2, count=5))
        assert await totals(url) == await counted(url) == [5]


NO_LOCK_ON_JOBS = (
    """
    CREATE FUNCTION alone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (
            SELECT FROM pg_locks
            WHERE pid = pg_backend_pid() AND relation = 'jobs'::regclass AND mode LIKE '%Exclusive%'
        ) THEN RAISE EXCEPTION 'jobs wait for this';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER alone BEFORE UPDATE ON result_chunks FOR EACH ROW EXECUTE FUNCTION alone()",
)
"""Refuses to have chunks changed by whoever keeps others from their jobs meanwhile."""


async def test_files_are_unpacked_for_the_release_before(servers: Servers) -> None:
    packer, chunks = Packer(), [b"first" * 1000, b"second" * 1000, b"last"]
    async with databases.database(servers.database_url) as url:
        await databases.execute(url, FILL)
        for number, chunk in enumerate(chunks, 1):
            packed = packer.pack(chunk, last=number == len(chunks)).hex()
            add = f"INSERT INTO result_chunks SELECT id, 2, {number - 1}, NULL, '\\x{packed}' FROM jobs"
            await databases.execute(url, add)
        await databases.execute(url, *NO_LOCK_ON_JOBS)
        before = REVISIONS[REVISIONS.index("0009") - 1]
        assert databases.migrate(url, "downgrade", before).returncode == 0
        assert await numbers(url, "SELECT data FROM result_chunks ORDER BY attempt, number") == [
            b"x",
            *chunks,
        ]


async def test_events_are_stored_whoever_writes_todos_and_old_ones_are_left_alone(servers: Servers) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        assert databases.migrate(url, "upgrade", "0007").returncode == 0
        await databases.execute(url, SOME_TODOS.format(owner=1, count=2))
        assert databases.migrate(url, "upgrade").returncode == 0
        await databases.execute(url, SOME_TODOS.format(owner=1, count=1))
        assert await numbers(url, "SELECT length(vevent) FROM todos ORDER BY id") == [None, None, 0]
        await databases.execute(url, "UPDATE todos SET deadline_at = now() WHERE id = 1")
        assert await numbers(url, "SELECT id FROM todos WHERE length(vevent) > 100") == [1]


async def totals(url: str) -> list[int]:
    return await numbers(url, "SELECT todos FROM todo_totals ORDER BY owner_id")


async def counted(url: str) -> list[int]:
    return await numbers(url, "SELECT count(*) FROM todos GROUP BY owner_id ORDER BY owner_id")


async def numbers(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(query)
    await connection.close()
    return [row[0] for row in rows]


SOME_TODOS = """
    INSERT INTO todos (owner_id, title, completed)
    SELECT '00000000-0000-0000-0000-00000000000{owner}', 'a', false FROM generate_series(1, {count});
"""
