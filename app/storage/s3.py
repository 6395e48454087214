"""How S3 is asked: on threads, since its client blocks, and with errors of our own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any, TypeVar

from app.domain.objects import S3Place

T = TypeVar("T")

_THREADS = 32


class S3Trouble(Exception):  # noqa: N818 - says what happened
    """A call to S3 was in vain; the text says which, and what S3 said."""


class NoBucket(S3Trouble):
    """There is no such bucket, nor anything in it."""


@dataclass(frozen=True, slots=True)
class S3:
    """The clients of one process, and their threads, made when they are first needed.

    On asyncio's own threads, which look up hosts as well, an S3 that stalls would keep Postgres from being
    connected to.
    """

    patience: timedelta = timedelta(seconds=10)
    _clients: dict[str | None, Any] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "s3"))

    def close(self) -> None:
        """Let the threads end, after what they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(self, place: S3Place, call: Callable[[Any], T]) -> T:
        """What the call answers that is given a client, or ``S3Trouble``, or ``FileRemoved``."""
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: run(self._ask, place, call)
        )

    def _ask(self, place: S3Place, call: Callable[[Any], T]) -> T:
        # Only here, since AWS's library takes longer to load than all else together.
        from app.storage.s3_client import s3_errors  # noqa: PLC0415

        with s3_errors(place):
            return call(self._client(place.endpoint))

    def _client(self, endpoint: str | None) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        from app.storage.s3_client import s3_client  # noqa: PLC0415

        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = s3_client(endpoint, self.patience)
            return self._clients[endpoint]
