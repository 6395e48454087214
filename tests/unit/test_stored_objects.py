"""Files in S3, but for what S3 does."""

import threading
from contextlib import closing

from app.domain.objects import S3Place
from app.storage.s3 import S3

PLACE = S3Place("calendars", "one", "http://127.0.0.1:1")


async def test_s3_is_asked_on_threads_of_its_own() -> None:
    with closing(S3()) as s3:
        used = await s3.ask(PLACE, lambda _: threading.current_thread().name)
    assert used.startswith("s3_")
