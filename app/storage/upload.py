"""A file on its way into S3, in parts, so that it is never in memory as a whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.domain.jobs import Claim
from app.domain.objects import S3Place
from app.storage.objects import SENT_AS, named
from app.storage.s3 import S3, S3Trouble

log = structlog.get_logger(__name__)

PART_BYTES = 5 * 1024 * 1024
"""What S3 demands of every part but the last."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Where the files of jobs go."""

    s3: S3
    below: S3Place

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
                await upload.discard()
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

    async def add(self, number: int, packed: bytes) -> None:
        """The next chunk of the file."""
        del number  # they come in their order
        self._held += packed
        if len(self._held) >= PART_BYTES:
            await self._send_part()

    async def finish(self) -> None:
        """Have the object be there."""
        if self._id is None:
            body, said = bytes(self._held), {**named(self.place), **SENT_AS}
            await self.s3.ask(self.place, lambda client: client.put_object(Body=body, **said))
            return
        if self._held:
            await self._send_part()
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(self._etags, 1)]
        await self.s3.ask(
            self.place,
            lambda client: client.complete_multipart_upload(**self._named, MultipartUpload={"Parts": parts}),
        )
        self._id = None

    async def discard(self) -> None:
        """Delete what there may be of the object."""
        try:
            if self._id is not None:
                await self.s3.ask(self.place, lambda client: client.abort_multipart_upload(**self._named))
        finally:
            await self.s3.ask(self.place, lambda client: client.delete_object(**named(self.place)))

    async def _send_part(self) -> None:
        if self._id is None:
            said = {**named(self.place), **SENT_AS}
            made = await self.s3.ask(self.place, lambda client: client.create_multipart_upload(**said))
            self._id = made["UploadId"]
        body, number = bytes(self._held), len(self._etags) + 1
        self._held.clear()
        sent = await self.s3.ask(
            self.place, lambda client: client.upload_part(Body=body, PartNumber=number, **self._named)
        )
        self._etags.append(sent["ETag"])

    @property
    def _named(self) -> dict[str, Any]:
        return {**named(self.place), "UploadId": self._id}
