"""Idempotency keys: each stands in the row of the job that it was first sent for."""

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.jobs import KEY_KEPT, Job
from app.domain.owners import OwnerId
from app.storage.job_rows import read_job
from app.storage.schema import jobs


async def find(session: AsyncConnection, owner: OwnerId, key: str) -> Job | None:
    """The owner's job that the key means, if there is one still."""
    statement = select(jobs).where(_has(owner, key), jobs.c.created_at > func.now() - KEY_KEPT)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else read_job(row)


async def give_up(session: AsyncConnection, owner: OwnerId, key: str) -> None:
    """Let a new job have a key that has been kept for its time.

    Of two transactions that give up the same key the second waits for the first, and then changes nothing:
    the job that has the key by then is new. Both this and ``find`` go by the transaction's one moment, so a
    key is either found or given up.
    """
    statement = update(jobs).where(_has(owner, key), jobs.c.created_at <= func.now() - KEY_KEPT)
    await session.execute(statement.values(idempotency_key=None))


def _has(owner: OwnerId, key: str) -> ColumnElement[bool]:
    return and_(jobs.c.owner_id == owner, jobs.c.idempotency_key == key)
