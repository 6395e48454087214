"""Jobs that requests store and look for at the same time, which share statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from app.domain.calendars import CalendarOptions
from app.domain.jobs import Job
from app.domain.owners import OwnerId
from app.grouping import Grouping
from app.storage.database import Sessions
from app.storage.shared_jobs import ADD, FIND, NewJob, add_all, find_all
from app.tracing.tracing import OFF, Tracing

_LARGEST = 128
_STATEMENTS = 4
"""Of each kind at once, where one takes longer than it is waited for."""


@dataclass(frozen=True, slots=True)
class GroupedJobs:
    """Each statement is a transaction, so all that share one are done, or none is."""

    _adds: Grouping[NewJob, bool]
    _finds: Grouping[tuple[OwnerId, UUID], Job | None]

    @classmethod
    def on(cls, sessions: Sessions, resend_after: timedelta, tracing: Tracing = OFF) -> Self:
        """Those that Postgres keeps."""

        async def add(new: Sequence[NewJob]) -> list[bool]:
            async with sessions.directly() as connection:
                with tracing.statement(ADD.text):
                    await add_all(connection, new, resend_after=resend_after)
            # From the last one on: who asked first may have given up waiting, and would send none.
            return list(_need_messages(new[::-1]))[::-1]

        async def find(asked: Sequence[tuple[OwnerId, UUID]]) -> list[Job | None]:
            async with sessions.directly() as connection:
                with tracing.statement(FIND.text):
                    return await find_all(connection, asked)

        return cls(Grouping(add, _LARGEST, _STATEMENTS), Grouping(find, _LARGEST, _STATEMENTS))

    async def add(self, job: NewJob) -> bool:
        """Store a job that waits; returns whether its message is to be sent.

        One that was stored with it may wait for the same file: then the message of that one does for both.
        """
        return await self._adds.ask(job)

    async def find(self, owner: OwnerId, job_id: UUID) -> Job | None:
        """The job of that id as it is now, if the owner has asked for it."""
        return await self._finds.ask((owner, job_id))


def _need_messages(new: Sequence[NewJob]) -> Iterator[bool]:
    heard: set[tuple[OwnerId, CalendarOptions]] = set()
    for job in new:
        same = (job.owner, job.options)
        yield same not in heard or not job.options.can_be_shared
        heard.add(same)
