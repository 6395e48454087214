"""Where an attempt can be held up from outside, by a lock that it needs to go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg

from tests.faults.eye import Eye
from tests.support.asking import held_up as before_rendering

__all__ = ["before_rendering", "failing", "held_by", "slow"]


@asynccontextmanager
async def held_by(database_url: str, statement: str, *args: object) -> AsyncIterator[None]:
    """A transaction that has run a statement and goes no further before the block ends."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(statement, *args)
            yield
    finally:
        await connection.close()


async def slow(eye: Eye, write: str, when: str, *, seconds: float = 1.0) -> None:
    """Let a write, such as ``BEFORE UPDATE ON jobs``, take so long on the rows for which a condition holds."""
    await eye.execute(
        "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(TG_ARGV[0]::float); RETURN NEW; END'",
        f"CREATE TRIGGER slow_{uuid4().hex} {write} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION slow('{seconds}')",
    )


async def failing(eye: Eye, job: UUID) -> None:
    """Have a job's first attempt end with an error where it stores its file."""
    await eye.execute(
        "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION 'not this time'; END$$",
        f"CREATE TRIGGER fail_{uuid4().hex} BEFORE INSERT ON result_chunks FOR EACH ROW"
        f" WHEN (NEW.job_id = '{job}' AND NEW.attempt = 1) EXECUTE FUNCTION fail()",
    )
