"""A file on its way into S3, in parts, so that it is never in memory as a whole."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from app.domain.jobs import Claim
from app.domain.objects import S3Place
from app.storage.objects import SENT_AS, named
from app.storage.s3 import S3, S3Trouble

log = structlog.get_logger(__name__)

PART_BYTES = 5 * 1024 * 1024
"""What S3 demands of every part but the last."""

_DISCARD_WITHIN = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Uploads:
    """Where the files of jobs go."""

    s3: S3
    below: S3Place
    discard_within: timedelta = _DISCARD_WITHIN
    """A worker that is to stop may have no more time to give its job back."""

    @asynccontextmanager
    async def begin(self, held: Claim) -> AsyncIterator["Upload"]:
        """An upload of an attempt's file; where the block ends with an error, nothing of it stays.

        But for what S3 can't be told any more: a rule of the bucket's sees to that.
        """
        # Every attempt under its own name, so that one which was thought dead touches nobody else's bytes.
        upload = Upload(self.s3, self.below.below(str(held.job_id), f"{held.attempt}.ics.gz"))
        try:
            yield upload
        except BaseException:
            try:
                await upload.discard(self.discard_within)
            except S3Trouble as error:
                log.warning("object_left_behind", reason=str(error))
            raise


@dataclass(slots=True)
class Upload:
    """An object that is there, as a whole, once ``finish`` has returned."""

    s3: S3
    place: S3Place
    _held: bytearray = field(default_factory=bytearray)
    _id: str | None = None
    _etags: list[str] = field(default_factory=list)
    _under_way: asyncio.Task[None] | None = None

    async def add(self, number: int, packed: bytes) -> None:
        """The next chunk of the file."""
        del number  # they come in their order
        self._held += packed
        if len(self._held) >= PART_BYTES:
            await self._send_part()

    async def finish(self) -> None:
        """Have the object be there."""
        if self._id is None:
            await self._ask(partial(self._put, bytes(self._held)))
            return
        if self._held:
            await self._send_part()
        await self._ask(self._complete)

    async def discard(self, within: timedelta) -> None:
        """Delete what there may be of the object, or raise ``S3Trouble`` when the time is over."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                await self._discard()
        except TimeoutError:
            raise S3Trouble(f"{self.place}: S3 took too long to delete it") from None

    async def _discard(self) -> None:
        if self._under_way is not None:
            # Whoever waited for it may be cancelled, and its thread goes on: what it makes is to go as well.
            await asyncio.wait({self._under_way})
        try:
            if self._id is not None:
                await self._ask(lambda client: client.abort_multipart_upload(**self._named))
        finally:
            await self._ask(lambda client: client.delete_object(**named(self.place)))

    async def _send_part(self) -> None:
        if self._id is None:
            await self._ask(self._create)
        body = bytes(self._held)
        self._held.clear()
        await self._ask(partial(self._put_part, body))

    async def _ask(self, call: Callable[[Any], None]) -> None:
        self._under_way = asyncio.create_task(self.s3.ask(self.place, call))
        self._under_way.add_done_callback(_hear)
        # Which leaves it alone where this is cancelled.
        await asyncio.wait({self._under_way})
        self._under_way.result()

    # These note what they have made themselves: whoever asked may not be there any more.

    def _put(self, body: bytes, client: Any) -> None:  # noqa: ANN401 - boto3 makes its classes at run time
        client.put_object(Body=body, **named(self.place), **SENT_AS)

    def _create(self, client: Any) -> None:  # noqa: ANN401 - as above
        self._id = client.create_multipart_upload(**named(self.place), **SENT_AS)["UploadId"]

    def _put_part(self, body: bytes, client: Any) -> None:  # noqa: ANN401 - as above
        number = len(self._etags) + 1
        sent = client.upload_part(Body=body, PartNumber=number, **self._named)
        self._etags.append(sent["ETag"])

    def _complete(self, client: Any) -> None:  # noqa: ANN401 - as above
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(self._etags, 1)]
        client.complete_multipart_upload(**self._named, MultipartUpload={"Parts": parts})
        self._id = None

    @property
    def _named(self) -> dict[str, Any]:
        return {**named(self.place), "UploadId": self._id}


def _hear(done: asyncio.Task[None]) -> None:
    """Take note of an error that nobody waits for any more, of which asyncio would complain."""
    if not done.cancelled():
        done.exception()
