"""Files in S3: how they are read, lent to clients for a while, and deleted."""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from app.domain.objects import S3Place
from app.storage.s3 import S3, NoBucket, S3Trouble

log = structlog.get_logger(__name__)

SENT_AS = {
    "ContentType": "text/calendar; charset=utf-8",
    "ContentEncoding": "gzip",
    "ContentDisposition": 'attachment; filename="taskoverflow.ics"',
}
"""What S3 says of a file to whoever it sends it to."""

_PIECE = 256 * 1024
_LENT_SECONDS = 300
_AT_ONCE = 1000
"""As many as S3 deletes in one call."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A file to be read from S3; each piece is a request of its own, which a slow reader does not hold."""

    s3: S3
    place: S3Place
    size: int
    packed_size: int

    async def packed(self) -> AsyncIterator[bytes]:
        """All of it, compressed by gzip as it is stored."""
        for first in range(0, self.packed_size, _PIECE):
            part = f"bytes={first}-{min(first + _PIECE, self.packed_size) - 1}"
            yield await self.s3.ask(self.place, partial(_read, self.place, part))

    async def part(self, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` to ``last``, both included; what is before them is unpacked as well."""
        unpacker, start = zlib.decompressobj(wbits=31), 0
        async for packed in self.packed():
            rest = packed
            while rest and start <= last:
                # However well it is compressed: no more of it at once.
                data, rest = unpacker.decompress(rest, _PIECE), unpacker.unconsumed_tail
                if start + len(data) > first:
                    yield data[max(first - start, 0) : last - start + 1]
                else:
                    await asyncio.sleep(0)  # much may be skipped, and others have their turn meanwhile
                start += len(data)
            if start > last:
                return


async def lend(s3: S3, place: S3Place) -> str:
    """A URL by which anybody can read the object for a few minutes."""
    said = {f"Response{name}": value for name, value in SENT_AS.items()}

    def sign(client: Any) -> str:  # noqa: ANN401 - boto3 makes its classes at run time
        url: str = client.generate_presigned_url(
            "get_object", Params={**named(place), **said}, ExpiresIn=_LENT_SECONDS
        )
        return url

    return await s3.ask(place, sign)


async def delete(s3: S3, places: Iterable[S3Place]) -> set[S3Place]:
    """Those of these objects that are gone now, or were before; the log tells of the others."""
    buckets = defaultdict[S3Place, list[S3Place]](list)
    for place in places:
        buckets[S3Place(place.bucket, "", place.endpoint)].append(place)
    gone: set[S3Place] = set()
    for bucket, inside in buckets.items():
        for at in range(0, len(inside), _AT_ONCE):
            some = inside[at : at + _AT_ONCE]
            refused = await _delete(s3, bucket, [place.key for place in some])
            gone.update(place for place in some if place.key not in refused)
    return gone


async def _delete(s3: S3, bucket: S3Place, keys: list[str]) -> set[str]:
    which = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    try:
        answer = await s3.ask(
            bucket, lambda client: client.delete_objects(Bucket=bucket.bucket, Delete=which)
        )
    except NoBucket:
        return set()
    except S3Trouble as error:
        log.warning("objects_not_deleted", count=len(keys), reason=str(error))
        return set(keys)
    errors = answer.get("Errors", [])
    if errors:
        log.warning("objects_not_deleted", count=len(errors), reason=errors[0].get("Message"))
    return {error["Key"] for error in errors}


async def try_writing(s3: S3, place: S3Place) -> None:
    """Write an object there and delete it again, or raise ``S3Trouble``."""
    which = named(place.below("taskoverflow-doctor"))
    await s3.ask(place, lambda client: client.put_object(Body=b"", **which))
    await s3.ask(place, lambda client: client.delete_object(**which))


def named(place: S3Place) -> dict[str, str]:
    """The object, as S3's calls name it."""
    return {"Bucket": place.bucket, "Key": place.key}


def _read(place: S3Place, part: str, client: Any) -> bytes:  # noqa: ANN401 - as above
    body: bytes = client.get_object(Range=part, **named(place))["Body"].read()
    return body
