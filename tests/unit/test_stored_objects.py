"""Files in S3, but for what S3 does."""

import threading
from contextlib import closing

import pytest

from app.domain.objects import S3Place, parse_s3_url
from app.storage.s3 import S3, S3Trouble

PLACE = S3Place("calendars", "one", "http://127.0.0.1:1")


async def test_s3_is_asked_on_threads_of_its_own() -> None:
    with closing(S3()) as s3:
        used = await s3.ask(PLACE, lambda _: threading.current_thread().name)
    assert used.startswith("s3_")


async def test_a_host_that_can_not_be_is_trouble_as_any_other() -> None:
    with closing(S3()) as s3, pytest.raises(S3Trouble, match="my_host"):
        await s3.ask(parse_s3_url("s3+http://my_host:9000/calendars"), lambda _: None)
