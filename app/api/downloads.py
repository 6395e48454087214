"""How many files are sent at once."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.domain.errors import TooManyDownloads
from app.domain.feeds import without_secrets
from app.storage.chunks import FileRemoved
from app.storage.s3 import S3Trouble

log = structlog.get_logger(__name__)


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
    ) -> None:
        super().__init__(content, status, headers, media_type)
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Taken here, since only what is called is sure to end as well.
        with self._downloads.place():
            try:
                await super().__call__(scope, receive, send)
            except (FileRemoved, S3Trouble) as error:
                # The server closes the connection of an answer that has no end, and so its client knows.
                reason = str(error) or "it was removed"
                log.warning("download_cut_short", path=without_secrets(scope["path"]), reason=reason)
