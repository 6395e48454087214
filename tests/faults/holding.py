"""Where an attempt can be held up from outside, by a lock that it needs to go on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg

from tests.faults.eye import Eye
from tests.support.asking import held_up as before_rendering

__all__ = ["before_rendering", "before_storing", "before_success", "held_by", "slow"]


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


@asynccontextmanager
async def before_storing(eye: Eye, job: UUID) -> AsyncIterator[int]:
    """A job whose file is rendered and can't be stored; yields the worker that has it."""
    async with held_by(eye.url, "LOCK TABLE result_chunks IN SHARE MODE"):
        process = await eye.until_claimed(job)
        await eye.until_blocked("INSERT INTO result_chunks")
        yield process


@asynccontextmanager
async def before_success(eye: Eye, job: UUID) -> AsyncIterator[int]:
    """A claimed job whose file is stored, and can't become visible; yields the worker that has it.

    To be called where the job is held before rendering; the hold is to be let go in the block.
    """
    process = await eye.until_claimed(job)
    async with held_by(eye.url, "SELECT id FROM jobs WHERE id = $1 FOR NO KEY UPDATE", job):
        yield process


async def slow(eye: Eye, write: str, when: str, *, seconds: float = 1.0) -> None:
    """Let a write, such as ``UPDATE ON jobs``, take so long on the rows for which a condition holds."""
    await eye.execute(
        "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(TG_ARGV[0]::float); RETURN NEW; END'",
        f"CREATE TRIGGER slow_{uuid4().hex} BEFORE {write} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION slow('{seconds}')",
    )
