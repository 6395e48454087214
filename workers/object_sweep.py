"""Deletes files in S3 whose time is over.

Several sweepers may be at it at once, with no lock: what is deleted twice is gone all the same.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from app.storage import object_sweeps, objects
from app.storage.database import Sessions
from app.storage.object_sweeps import Expired
from app.storage.s3 import S3
from app.storage.sweeps import BATCH

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class ObjectSweep:
    """Where one sweeper is among these files."""

    s3: S3 = field(default_factory=S3)
    batch: int = BATCH
    _after: Expired | None = None

    async def expire(self, sessions: Sessions, *, older_than: timedelta) -> int:
        """Delete a batch, in other buckets too than new ones go to, and return how many are gone.

        The next batch is behind it, past what S3 has refused to delete, and after the last it begins anew.
        """
        async with sessions.at_once() as session:
            old = await object_sweeps.expired(
                session, older_than=older_than, after=self._after, limit=self.batch
            )
        self._after = old[-1] if len(old) == self.batch else None
        # With no connection held: S3 may take its time.
        gone = await objects.delete(self.s3, [file.place for file in old])
        if not gone:
            return 0
        async with sessions.at_once() as session:
            removed = await object_sweeps.remove(session, [file.job_id for file in old if file.place in gone])
        if removed:  # none of those that another sweeper was quicker to delete
            log.info("objects_removed", count=removed)
        return removed
