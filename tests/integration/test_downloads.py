"""How many files are sent at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus

import httpx
import pytest
from starlette.types import Message

from app.api.downloads import Download, Downloads
from app.domain.errors import TooManyDownloads
from app.main import create_app
from app.settings import Settings
from app.storage.chunks import CHUNK_BYTES, StoredFile
from app.storage.database import Sessions
from tests.support.api import serving
from tests.support.jobs import run


@pytest.fixture
async def result_path(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> str:
    job = (await client.post("/todos/ical")).json()
    await run(sessions, settings, job["task_id"])
    return f"/todos/ical/{job['task_id']}/result"


async def test_a_download_too_many_is_refused_with_a_time_to_try_again(
    settings: Settings, result_path: str
) -> None:
    application = create_app(settings.model_copy(update={"max_downloads": 1}))
    async with serving(application) as client:
        etag = (await client.get(result_path)).headers["etag"]
        downloads: Downloads = application.state.downloads
        with downloads.place():
            refused = await client.get(result_path)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert refused.json()["error"] == "Too many downloads"
            assert (await client.get(result_path, headers={"range": "bytes=0-1"})).status_code == 503
            # What sends no file needs no place.
            assert (await client.head(result_path)).status_code == 200
            assert (await client.get(result_path, headers={"if-none-match": etag})).status_code == 304
            assert (await client.get(result_path, headers={"range": "bytes=9999-"})).status_code == 416
        assert (await client.get(result_path)).status_code == 200


async def test_a_client_that_goes_away_leaves_its_place() -> None:
    downloads, reading, gone = Downloads(1), asyncio.Event(), asyncio.Event()

    async def file() -> AsyncIterator[bytes]:
        yield b"first"
        reading.set()
        await asyncio.wait_for(asyncio.Event().wait(), 30)

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        del message

    response = Download(downloads, file(), HTTPStatus.OK, {}, "text/calendar")
    task = asyncio.create_task(response({"type": "http"}, receive, send))
    await reading.wait()
    with pytest.raises(TooManyDownloads), downloads.place():
        pass
    gone.set()
    await task
    assert downloads.running == 0


async def test_a_file_that_is_removed_meanwhile_has_no_end() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nobody goes away here")

    async def send(message: Message) -> None:
        sent.append(message)

    async def fetch(numbers: range) -> Sequence[bytes]:
        return [] if 10 in numbers else [b"x" * CHUNK_BYTES for _ in numbers]

    content = StoredFile(11 * CHUNK_BYTES, 11 * CHUNK_BYTES, fetch).packed()
    download = Download(Downloads(1), content, HTTPStatus.OK, {}, "text/calendar")
    await asyncio.wait_for(download({"type": "http", "path": "/file"}, receive, send), 30)
    assert sent[0]["status"] == HTTPStatus.OK
    assert len(sent) > 2
    assert all(message["more_body"] for message in sent[1:])
