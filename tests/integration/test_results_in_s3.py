"""Calendars whose files are in S3, next to those in Postgres."""

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from app.domain.jobs import JobState
from app.domain.objects import S3Place
from app.main import create_app
from app.queue.publisher import Publisher
from app.services.doctor import examine
from app.settings import Settings
from app.storage import jobs as queries
from app.storage import sweeps
from app.storage.chunks import FileRemoved
from app.storage.database import Sessions
from app.storage.objects import StoredObject
from app.storage.s3 import S3, S3Trouble
from app.storage.schema import feed_chunks, jobs, result_chunks
from app.storage.upload import PART_BYTES, Uploads
from tests.support import databases
from tests.support.api import serving
from tests.support.asking import ask, state
from tests.support.feeds import a_feed, a_todo
from tests.support.jobs import COUNTS, NO_LIMIT, NONE, a_job, claim, claimed, end_lease, read, rescue
from tests.support.processes import service
from tests.support.s3 import Bucket, make_bucket
from workers.calendars import make_calendar
from workers.runtime import Fenced, Runtime
from workers.sweeper import Sweeper

T = TypeVar("T")

IDENTITY = {"accept-encoding": "identity"}


@pytest.fixture
def bucket(emulator: str) -> Bucket:
    return make_bucket(emulator)


FAR_AWAY = func.now() + timedelta(hours=1)


@pytest.fixture
def uploads(bucket: Bucket) -> Uploads:
    return Uploads(S3(), bucket.place)


@pytest.fixture
async def task_id(client: httpx.AsyncClient, sessions: Sessions, settings: Settings, uploads: Uploads) -> str:
    await a_todo(client)
    job_id = (await client.post("/todos/ical")).json()["task_id"]
    async with Runtime(sessions, settings).attempt(UUID(job_id)) as held:
        assert held is not None
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT, uploads=uploads)
    return str(job_id)


@pytest.fixture
def url(task_id: str) -> str:
    return f"/todos/ical/{task_id}/result"


@pytest.fixture
async def sweeper(sessions: Sessions, settings: Settings) -> AsyncIterator[Sweeper]:
    short = settings.model_copy(update={"result_ttl": timedelta(microseconds=1)})
    async with aclosing(Publisher.open(settings)) as publisher:
        yield Sweeper(sessions, publisher, short)


async def count(sessions: Sessions, table: Any) -> int:
    async with sessions.begin() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def raw(client: httpx.AsyncClient, url: str, **headers: str) -> tuple[httpx.Response, bytes]:
    async with client.stream("GET", url, headers=headers) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def test_the_file_is_in_the_bucket_alone_and_is_sent_as_it_is_there(
    client: httpx.AsyncClient, sessions: Sessions, bucket: Bucket, task_id: str, url: str
) -> None:
    key = f"calendars/{task_id}/1.ics.gz"
    assert (bucket.keys(), await count(sessions, result_chunks)) == ([key], 0)
    packed, (answer, body) = bucket.read(key), await raw(client, url, **{"accept-encoding": "gzip"})
    assert (answer.headers["content-encoding"], body) == ("gzip", packed)
    assert int(answer.headers["content-length"]) == len(packed)
    # These answers come from an API without the setting: the row says where the file is.
    plain = await client.get(url, headers=IDENTITY)
    assert b"SUMMARY:Buy milk" in plain.content
    assert gzip.decompress(packed) == plain.content
    assert int(plain.headers["content-length"]) == len(plain.content)
    part = await client.get(url, headers={**IDENTITY, "range": "bytes=100-119"})
    assert (part.status_code, part.content) == (206, plain.content[100:120])
    unchanged = await client.get(url, headers={"if-none-match": plain.headers["etag"]})
    assert unchanged.status_code == 304


async def test_a_large_file_goes_in_parts_and_any_of_it_can_be_read(
    sessions: Sessions, bucket: Bucket, uploads: Uploads
) -> None:
    plain = bytes(3 * PART_BYTES) + b"the end"
    packed = gzip.compress(plain, 0)
    async with uploads.begin(await claimed(sessions)) as upload:
        for number, at in enumerate(range(0, len(packed), 262_144)):
            await upload.add(number, packed[at : at + 262_144])
        assert (bucket.keys(), bucket.uploads()) == ([], [upload.place.key])
        await upload.finish()
    assert (bucket.read(upload.place.key), bucket.uploads()) == (packed, [])
    file = StoredObject(uploads.s3, upload.place, len(plain), len(packed))
    assert b"".join([piece async for piece in file.packed()]) == packed
    end = file.part(len(plain) - 7, len(plain) - 1)
    assert b"".join([piece async for piece in end]) == b"the end"


async def test_what_unpacks_to_much_is_sent_in_small_pieces(sessions: Sessions, uploads: Uploads) -> None:
    packed = gzip.compress(plain := bytes(5_000_000))
    async with uploads.begin(await claimed(sessions)) as upload:
        await upload.add(0, packed)
        await upload.finish()
    file = StoredObject(uploads.s3, upload.place, len(plain), len(packed))
    pieces = [piece async for piece in file.part(0, len(plain) - 1)]
    assert (b"".join(pieces), max(map(len, pieces))) == (plain, 256 * 1024)


async def test_an_attempt_that_lost_its_job_leaves_no_object(
    sessions: Sessions, bucket: Bucket, uploads: Uploads
) -> None:
    zombie = await claimed(sessions)
    await end_lease(sessions)
    await rescue(sessions)
    with pytest.raises(Fenced):
        await make_calendar(sessions, zombie, timezone="UTC", max_bytes=NO_LIMIT, uploads=uploads)
    heir = await claim(sessions, zombie.job_id)
    assert (bucket.keys(), heir is not None) == ([], True)


async def test_an_upload_that_fails_leaves_no_part(
    sessions: Sessions, bucket: Bucket, uploads: Uploads
) -> None:
    async def fail() -> None:
        async with uploads.begin(await claimed(sessions)) as upload:
            await upload.add(0, bytes(PART_BYTES))
            assert bucket.uploads() == [upload.place.key]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert (bucket.keys(), bucket.uploads()) == ([], [])


async def test_the_object_stays_if_nobody_knows_whether_the_job_was_committed(
    sessions: Sessions, database_url: str, bucket: Bucket, uploads: Uploads
) -> None:
    await databases.execute(
        database_url,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$",
        "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.state = 'SUCCESS') EXECUTE FUNCTION refuse()",
    )
    held = await claimed(sessions)
    with pytest.raises(DBAPIError):
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT, uploads=uploads)
    assert bucket.keys() == [f"calendars/{held.job_id}/1.ics.gz"]


async def test_the_object_goes_when_its_time_is_over(
    client: httpx.AsyncClient, sessions: Sessions, bucket: Bucket, sweeper: Sweeper, url: str
) -> None:
    async with sessions.begin() as session:
        assert await sweeps.remove_results(session, older_than=NONE) == 0
    await sweeper.expire()
    gone = await client.get(url)
    assert (gone.status_code, gone.json()["error"], bucket.keys()) == (410, "Task expired", [])


async def test_an_object_that_jobs_share_goes_with_the_last_of_them(
    client: httpx.AsyncClient,
    sessions: Sessions,
    settings: Settings,
    bucket: Bucket,
    uploads: Uploads,
    sweeper: Sweeper,
) -> None:
    shares, made = [(await client.post("/todos/ical")).json()["task_id"] for _ in range(2)]
    async with Runtime(sessions, settings).attempt(UUID(made)) as held:
        assert held is not None
        assert await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT, uploads=uploads) == 1
    urls = [f"/todos/ical/{task_id}/result" for task_id in (shares, made)]
    assert [(await client.get(url)).status_code for url in urls] == [200, 200]
    assert bucket.keys() == [f"calendars/{made}/1.ics.gz"]
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == shares).values(finished_at=FAR_AWAY))
    await sweeper.expire()
    assert [(await client.get(url)).status_code for url in urls] == [200, 200]
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(finished_at=func.now()))
    for _ in range(2):
        await sweeper.expire()
    assert ([(await client.get(url)).status_code for url in urls], bucket.keys()) == ([410, 410], [])


async def test_an_object_that_can_not_be_deleted_is_not_forgotten(
    sessions: Sessions, bucket: Bucket, sweeper: Sweeper, task_id: str
) -> None:
    lost = S3Place(bucket.place.bucket, f"calendars/{task_id}/1.ics.gz", "http://127.0.0.1:1")
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(object_url=str(lost)))
    await sweeper.expire()
    assert (await read(sessions, UUID(task_id))).removed_at is None
    async with sessions.begin() as session:
        assert await sweeps.forget_jobs(session, older_than=NONE) == 0
        here = S3Place(lost.bucket, lost.key, bucket.place.endpoint)
        await session.execute(update(jobs).values(object_url=str(here)))
    await sweeper.expire()
    async with sessions.begin() as session:
        assert await sweeps.forget_jobs(session, older_than=NONE) == 1
    assert bucket.keys() == []


async def test_what_can_not_be_deleted_keeps_nothing_else(
    sessions: Sessions, bucket: Bucket, sweeper: Sweeper, task_id: str
) -> None:
    sweeper.files.batch = 1
    first = await succeeded(sessions, S3Place(bucket.place.bucket, "x", "http://127.0.0.1:1"))
    async with sessions.begin() as session:
        await session.execute(
            update(jobs).where(jobs.c.id == first).values(finished_at=func.now() - timedelta(days=1))
        )
    for _ in range(2):
        await sweeper.expire()
    assert (await read(sessions, first)).removed_at is None
    assert (await read(sessions, UUID(task_id))).removed_at is not None
    await sweeper.expire()  # which finds no more
    place = S3Place(f"no-{bucket.place.bucket}", "x", bucket.place.endpoint)
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == first).values(object_url=str(place)))
    await sweeper.expire()
    assert (await read(sessions, first)).removed_at is not None


async def succeeded(sessions: Sessions, at: S3Place) -> UUID:
    held = await claimed(sessions)
    async with sessions.begin() as session:
        assert await queries.succeed(session, held, COUNTS, "digest", packed_bytes=1, object_at=at)
    return held.job_id


async def test_a_lost_object_and_an_s3_that_is_away_have_answers_of_their_own(
    client: httpx.AsyncClient, sessions: Sessions, bucket: Bucket, task_id: str, url: str
) -> None:
    bucket.client.delete_object(Bucket=bucket.place.bucket, Key=f"calendars/{task_id}/1.ics.gz")
    lost = await client.get(url)
    assert (lost.status_code, lost.json()["error"]) == (410, "Task expired")
    away = S3Place(bucket.place.bucket, "x", "http://127.0.0.1:1")
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(object_url=str(away)))
    refused = await client.get(url)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "calendars are stored" in refused.json()["detail"]


async def test_an_s3_that_is_away_is_asked_again_after_a_rest(sessions: Sessions, settings: Settings) -> None:
    job_id = await a_job(sessions)

    async def fail() -> None:
        raise S3Trouble("away")

    async with Runtime(sessions, settings).attempt(job_id):
        await fail()
    job = await read(sessions, job_id)
    assert job.state is JobState.RETRY
    assert job.started_at is not None
    assert job.run_at - job.started_at >= timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slow(S3):
    """One whose first call begins only when it is let, whatever became of whoever asked."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    async def ask(self, place: S3Place, call: Callable[[Any], T]) -> T:
        if self.asked.is_set():
            return await S3.ask(self, place, call)
        self.asked.set()

        def later(client: Any) -> T:
            try:
                assert self.let.wait(30)
                return call(client)
            finally:
                self.ended.set()

        return await S3.ask(self, place, later)


@pytest.mark.parametrize("size", [1, PART_BYTES])
async def test_nothing_stays_of_a_call_whose_caller_was_cancelled(
    sessions: Sessions, bucket: Bucket, size: int
) -> None:
    s3, held = Slow(), await claimed(sessions)

    async def put() -> None:
        async with Uploads(s3, bucket.place).begin(held) as upload:
            await upload.add(0, bytes(size))
            await upload.finish()

    putting = asyncio.create_task(put())
    await s3.asked.wait()
    putting.cancel()
    asyncio.get_running_loop().call_later(0.2, s3.let.set)
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await asyncio.to_thread(s3.ended.wait, 30)
    assert (bucket.keys(), bucket.uploads()) == ([], [])


async def test_an_s3_that_stalls_keeps_no_worker_from_ending(sessions: Sessions, bucket: Bucket) -> None:
    s3, held = Slow(), await claimed(sessions)
    with pytest.raises(RuntimeError):
        async with Uploads(s3, bucket.place, timedelta()).begin(held):
            raise RuntimeError
    assert not s3.let.is_set()
    s3.let.set()


async def test_an_object_that_vanished_is_a_file_that_was_removed(bucket: Bucket) -> None:
    file = StoredObject(S3(), bucket.place.below("gone"), 10, 10)
    for pieces in (file.packed(), file.part(0, 9)):
        with pytest.raises(FileRemoved):
            await anext(pieces)


@pytest.fixture
async def redirecting(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(create_app(settings.model_copy(update={"result_downloads": "redirect"}))) as client:
        yield client


async def test_who_takes_gzip_can_be_sent_to_the_bucket(
    redirecting: httpx.AsyncClient, bucket: Bucket, task_id: str, url: str
) -> None:
    moved = await redirecting.get(url)
    assert (moved.status_code, moved.headers["cache-control"]) == (307, "no-store")
    assert moved.headers["vary"] == "Accept-Encoding"
    async with httpx.AsyncClient(trust_env=False) as anybody:
        answer, body = await raw(anybody, moved.headers["location"])
    assert (answer.status_code, body) == (200, bucket.read(f"calendars/{task_id}/1.ics.gz"))
    assert {
        "content-type": "text/calendar; charset=utf-8",
        "content-encoding": "gzip",
        "content-disposition": 'attachment; filename="taskoverflow.ics"',
    }.items() <= answer.headers.items()


async def test_whoever_would_get_something_else_there_is_not_sent_to_the_bucket(
    redirecting: httpx.AsyncClient, url: str
) -> None:
    plain = await redirecting.get(url, headers=IDENTITY)
    assert plain.status_code == 200
    assert (await redirecting.head(url)).status_code == 200
    assert (await redirecting.get(url, headers={"range": "bytes=0-9"})).content == plain.content[:10]
    several = await redirecting.get(url, headers={"range": "bytes=0-9,20-29"})
    assert (several.status_code, several.content) == (200, plain.content)
    assert (await redirecting.get(url, headers={"if-none-match": plain.headers["etag"]})).status_code == 304


async def test_a_feeds_file_stays_in_postgres(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, bucket: Bucket, uploads: Uploads
) -> None:
    await a_todo(client)
    feed = await a_feed(client)
    async with sessions.begin() as session:
        job_id = (await session.execute(select(jobs.c.id))).scalar_one()
    async with Runtime(sessions, settings).attempt(job_id) as held:
        assert held is not None
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT, uploads=uploads)
    assert (bucket.keys(), await count(sessions, feed_chunks)) == ([], 1)
    assert (await client.get(feed["url"])).status_code == 200


async def test_doctor_tells_whether_the_bucket_can_be_written(settings: Settings, bucket: Bucket) -> None:
    missing = S3Place("missing", "", bucket.place.endpoint)
    for place, level in ((bucket.place, "ok"), (missing, "failed")):
        findings = [f async for f in examine(settings.model_copy(update={"result_url": place}))]
        (found,) = [finding for finding in findings if finding.subject == "results"]
        assert (found.level, str(place) in found.detail) == (level, True)
    assert bucket.keys() == []


async def test_the_setting_reaches_worker_and_api(
    database_url: str, broker_url: str, tmp_path: Path, bucket: Bucket
) -> None:
    settings = {"TASKOVERFLOW_RESULT_URL": str(bucket.place), "TASKOVERFLOW_RESULT_DOWNLOADS": "redirect"}
    with service(database_url, broker_url, tmp_path, **settings) as parts:
        parts.start_api()
        parts.start("worker")
        with httpx.Client(base_url=f"{parts.url}/api/v1", trust_env=False, timeout=30) as client:
            made = await state(client, ask(client), "SUCCESS")
            moved = client.get(made["result_url"])
            assert moved.status_code == 307
            assert client.get(moved.headers["location"]).text.startswith("BEGIN:VCALENDAR")
            assert client.get(made["result_url"], headers=IDENTITY).status_code == 200
    assert bucket.keys() == [f"calendars/{made['task_id']}/1.ics.gz"]
