"""Hearing from Postgres which jobs have changed: one connection for a whole process (LISTEN)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog
from pydantic import PostgresDsn

from app.storage.database import CONNECT_SECONDS, is_unreachable

log = structlog.get_logger(__name__)

CHANNEL = "taskoverflow_jobs"
"""What the trigger on the table of jobs tells its changes on; the payload is the job's id."""

_CHECK_SECONDS = 10
"""A connection that died without a word brings no notice of that either: it is asked this often."""

_PAUSE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells of each job that changes, for as long as it listens."""

    url: PostgresDsn
    name: str
    """What an operator sees in ``pg_stat_activity``."""

    async def listen(self, changed: Callable[[UUID], None], missed: Callable[[], None]) -> None:
        """Call ``changed`` with the id of every job that changes, until cancelled.

        And ``missed`` each time that a connection was made: there may have been changes before that nobody
        heard of.
        """
        while True:
            try:
                await self._listen(changed, missed)
            except Exception as error:
                if is_unreachable(error):
                    log.warning("not_listening", reason=str(error) or type(error).__name__)
                else:
                    log.exception("not_listening")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self, changed: Callable[[UUID], None], missed: Callable[[], None]) -> None:
        connection = await asyncpg.connect(
            str(self.url),
            timeout=CONNECT_SECONDS,
            command_timeout=CONNECT_SECONDS,
            server_settings={"application_name": self.name},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, lambda *notice: changed(UUID(notice[3])))
            missed()
            while not ended.is_set():
                await connection.execute("SELECT 1")
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), _CHECK_SECONDS)
        finally:
            connection.terminate()
