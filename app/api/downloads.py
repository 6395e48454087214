"""How many files are sent at once."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import structlog
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.domain.errors import Problem, TooManyDownloads, Unavailable
from app.domain.feeds import without_secrets
from app.storage.chunks import FileRemoved
from app.storage.s3 import S3Trouble

log = structlog.get_logger(__name__)

REPLACED = partial(Unavailable, "The file was replaced just now.")
"""What is said of a file that was there when it was looked for, and has a successor by now."""


@dataclass(slots=True)
class Downloads:
    """The places for downloads in this process."""

    limit: int
    running: int = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for the block, or raise ``TooManyDownloads``."""
        if self.running >= self.limit:
            raise TooManyDownloads(f"{self.limit} downloads are under way, and no more may be at once.")
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class Download(StreamingResponse):
    """A file that takes one of the places until its last byte, or until its client goes away."""

    def __init__(
        self,
        downloads: Downloads,
        content: AsyncIterator[bytes],
        status: HTTPStatus,
        headers: Mapping[str, str],
        media_type: str,
        removed: Callable[[], Problem] = REPLACED,
    ) -> None:
        super().__init__(content, status, headers, media_type)
        self._downloads = downloads
        self._content = content
        self._removed = removed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Taken here, since only what is called is sure to end as well.
        with self._downloads.place():
            await self._begin()
            try:
                await super().__call__(scope, receive, send)
            except (FileRemoved, S3Trouble) as error:
                # The server closes the connection of an answer that has no end, and so its client knows.
                reason = str(error) or "it was removed"
                log.warning("download_cut_short", path=without_secrets(scope["path"]), reason=reason)

    async def _begin(self) -> None:
        """Read the first piece: of what is wrong by then an answer of its own can tell."""
        try:
            first = [await anext(self._content, b"")]
        except FileRemoved:
            raise self._removed() from None
        self.body_iterator = _chained(first, self._content)


async def _chained(first: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    # Taken from there, since it is not to be in memory for as long as the rest is sent.
    yield first.pop()
    async for piece in rest:
        yield piece
