"""Files in S3, but for what S3 does."""

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from app.domain.objects import S3Place, parse_s3_url
from app.storage.objects import StoredObject
from app.storage.s3 import S3, S3Trouble

PLACE = S3Place("calendars", "one", "http://127.0.0.1:1")
PLAIN = bytes(5_000_000)
PIECES = 20
"""So many it has, of a quarter of a megabyte each."""


class AtHand(StoredObject):
    """One that is there without a wait."""

    async def packed(self) -> AsyncIterator[bytes]:
        yield gzip.compress(PLAIN)


async def test_others_have_their_turn_while_much_is_skipped() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    with closing(S3()) as s3:
        beside = asyncio.create_task(others())
        file = AtHand(s3, PLACE, len(PLAIN), 1)
        assert [piece async for piece in file.part(len(PLAIN) - 1, len(PLAIN) - 1)] == [b"\0"]
        beside.cancel()
    assert turns >= PIECES - 1


async def test_s3_is_asked_on_threads_of_its_own() -> None:
    with closing(S3()) as s3:
        used = await s3.ask(PLACE, lambda _: threading.current_thread().name)
    assert used.startswith("s3_")


async def test_a_host_that_can_not_be_is_trouble_as_any_other() -> None:
    with closing(S3()) as s3, pytest.raises(S3Trouble, match="my_host"):
        await s3.ask(parse_s3_url("s3+http://my_host:9000/calendars"), lambda _: None)
