"""Jobs as requests store and look for them: many by one statement, which goes to the driver itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Interval, SmallInteger, String, Uuid, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from app.domain.calendars import CalendarOptions
from app.domain.jobs import CALENDAR_VERSION, Job
from app.domain.origins import Origin
from app.domain.owners import OwnerId
from app.storage.direct import DirectStatement
from app.storage.job_rows import read_job
from app.storage.schema import jobs


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that somebody asks for."""

    id: UUID
    owner: OwnerId
    options: CalendarOptions
    origin: Origin


_MEMBERS: dict[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "owner_id": Uuid(),
    "options": JSONB(),
    "request_id": String(),
    "traceparent": String(),
}
# An array for each column, so that the statement is the same one for any number of rows.
_given = (
    func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in _MEMBERS.items()))
    .table_valued(*(column(name, kind) for name, kind in _MEMBERS.items()))
    .render_derived(name="given")
)
_ADD = insert(jobs).from_select(
    [*_MEMBERS, "version", "ring_at"],
    select(
        *_given.c,
        bindparam("version", type_=SmallInteger()),
        func.now() + bindparam("resend_after", type_=Interval()),
    ),
)
_FIND = select(jobs).where(
    jobs.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid()))),
    # Nobody has asked for those that render a feed.
    jobs.c.feed_id.is_(None),
)


ADD, FIND = DirectStatement.of(_ADD), DirectStatement.of(_FIND)


async def add_all(connection: asyncpg.Connection, new: Sequence[NewJob], *, resend_after: timedelta) -> None:
    """Store jobs that wait, all or none; from here on each is accepted, whatever becomes of its message."""
    await ADD.fetch(
        connection,
        id=[job.id for job in new],
        owner_id=[job.owner for job in new],
        options=[_written(job.options) for job in new],
        request_id=[job.origin.request_id for job in new],
        traceparent=[job.origin.traceparent for job in new],
        version=CALENDAR_VERSION,
        resend_after=resend_after,
    )


@lru_cache(maxsize=256)
def _written(options: CalendarOptions) -> str:
    return json.dumps(options.to_json())


async def find_all(connection: asyncpg.Connection, asked: Sequence[tuple[OwnerId, UUID]]) -> list[Job | None]:
    """For each owner and id the job, if that owner has asked for it."""
    rows = await FIND.fetch(connection, ids=list({job_id for _, job_id in asked}))
    read = (read_job(SimpleNamespace(**row)) for row in rows)
    found = {(job.owner, job.id): job for job in read}
    return [found.get(key) for key in asked]
