"""Each migration, up and down, on data."""

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from app.cli.local.servers import Servers
from app.storage.migrations import alembic_config
from tests.support import databases

REVISIONS = [
    s.revision for s in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
]

FILL = """
    INSERT INTO todos (owner_id, title, completed) VALUES (gen_random_uuid(), 'a', false);
    INSERT INTO jobs (id, owner_id, options) VALUES (gen_random_uuid(), gen_random_uuid(), '{}');
    INSERT INTO result_chunks SELECT id, 1, 0, 'x' FROM jobs;
"""

FILL_SINCE = {"0002": "INSERT INTO job_events (job_id, attempt, kind) SELECT id, 1, 'claimed' FROM jobs;"}
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
