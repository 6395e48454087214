"""What one sweeper does at a time."""

from enum import IntEnum
from typing import Any, TypeVar

from sqlalchemy import Select, func, select

Columns = TypeVar("Columns", bound=tuple[Any, ...])


class Duty(IntEnum):
    """Each is an advisory lock's key, the first "taskover" in ASCII."""

    RING = 0x7461736B6F766572
    EXPIRE = RING + 1
    RENDER_FEEDS = RING + 2


def unlocked(rows: Select[Columns], limit: object, duty: Duty) -> Select[Columns]:
    """As many of the rows as are to be changed now, if no other sweeper is at the duty.

    A row that is locked is being changed by its worker: whatever was due of it may be so no more.
    """
    # The lock ends with the statement: a worker that is stopped must not keep all others from sweeping.
    leads = select(func.pg_try_advisory_xact_lock(duty)).scalar_subquery()
    # An attempt that has stored bytes holds its job's key until it ends, and may never end: that is no write.
    return rows.where(leads).limit(limit).with_for_update(skip_locked=True, key_share=True)  # type: ignore[arg-type]
