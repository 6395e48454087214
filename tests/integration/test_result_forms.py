"""A calendar that was made, compressed as it is stored and as it is."""

import zlib
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select, update

from app.domain.owners import BUILT_IN_OWNER
from app.settings import Settings
from app.storage.chunks import CHUNK_BYTES
from app.storage.database import Sessions
from app.storage.packing import unpack
from app.storage.schema import jobs, result_chunks, todos
from tests.support.jobs import run

FORMS = ("gzip", "identity")
MANY = 2500
"""So many todos make a file of several chunks."""


@pytest.fixture
async def task_id(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> str:
    rows = [
        {"owner_id": BUILT_IN_OWNER, "title": f"Todo {n} " + "å" * 60, "completed": False}
        for n in range(MANY)
    ]
    async with sessions.begin() as session:
        await session.execute(insert(todos), rows)
    job = (await client.post("/todos/ical", json={"component": "todo"})).json()
    await run(sessions, settings, job["task_id"])
    return str(job["task_id"])


@pytest.fixture
def url(task_id: str) -> str:
    return f"/todos/ical/{task_id}/result"


async def raw(client: httpx.AsyncClient, url: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it came."""
    async with client.stream("GET", url, headers=headers) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


async def get(client: httpx.AsyncClient, url: str, form: str) -> tuple[httpx.Response, bytes]:
    return await raw(client, url, **{"accept-encoding": form, "x-request-id": "one"})


async def test_whoever_takes_gzip_gets_it_as_it_is_stored(
    client: httpx.AsyncClient, url: str, sessions: Sessions
) -> None:
    (plain, file), (answer, packed) = [await get(client, url, form) for form in ("identity", "gzip")]
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(packed) == file
    assert (reader.eof, reader.unused_data) == (True, b"")
    async with sessions.begin() as session:
        chunks = await session.execute(select(result_chunks.c.packed).order_by(result_chunks.c.number))
    assert b"".join(chunks.scalars()) == packed
    assert len(file) > 2 * CHUNK_BYTES > len(packed)
    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    for said, body in ((plain, file), (answer, packed)):
        assert (said.headers["vary"], said.headers["content-length"]) == ("Accept-Encoding", str(len(body)))
    assert answer.headers["etag"] == f"W/{plain.headers['etag']}"


@pytest.mark.parametrize("form", FORMS)
async def test_head_says_what_get_would(client: httpx.AsyncClient, url: str, form: str) -> None:
    answer, _ = await get(client, url, form)
    head = await client.head(url, headers={"accept-encoding": form, "x-request-id": "one"})
    assert (head.status_code, head.headers, head.content) == (200, answer.headers, b"")


@pytest.mark.parametrize("form", FORMS)
async def test_whoever_has_either_form_is_not_sent_it_again(
    client: httpx.AsyncClient, url: str, form: str
) -> None:
    for had in FORMS:
        etag = (await get(client, url, had))[0].headers["etag"]
        answer = await client.get(url, headers={"accept-encoding": form, "if-none-match": etag})
        assert (answer.status_code, answer.headers["vary"]) == (304, "Accept-Encoding")


async def test_a_part_is_of_the_file_and_never_of_its_compressed_form(
    client: httpx.AsyncClient, url: str
) -> None:
    plain, file = await get(client, url, "identity")
    edges = f"bytes={CHUNK_BYTES - 3}-{CHUNK_BYTES + 3}"
    etag, date = plain.headers["etag"], plain.headers["last-modified"]
    for form, seen in (("gzip", etag), ("identity", etag), ("identity", date)):
        part, body = await raw(client, url, **{"accept-encoding": form, "range": edges, "if-range": seen})
        assert (part.status_code, body) == (206, file[CHUNK_BYTES - 3 : CHUNK_BYTES + 4])
        assert "content-encoding" not in part.headers
    # Both forms have the date, and so it does not say which of them the client has a part of.
    for seen in (f"W/{etag}", date):
        headers = {"accept-encoding": "gzip", "range": edges, "if-range": seen}
        answer, body = await raw(client, url, **headers)
        assert (answer.status_code, zlib.decompress(body, 31)) == (200, file)


async def test_a_file_of_the_previous_release_is_sent_as_it_is(
    client: httpx.AsyncClient, url: str, task_id: str, sessions: Sessions
) -> None:
    file = b""
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(packed_bytes=None))
        chunks = select(result_chunks.c.number, result_chunks.c.packed).order_by(result_chunks.c.number)
        for number, packed in (await session.execute(chunks)).all():
            data = unpack(packed, number)
            here = (result_chunks.c.job_id == UUID(task_id)) & (result_chunks.c.number == number)
            await session.execute(update(result_chunks).where(here).values(data=data, packed=None))
            file += data
    for form in FORMS:
        answer, body = await get(client, url, form)
        assert (answer.status_code, body) == (200, file)
        assert "content-encoding" not in answer.headers
    part = await client.get(url, headers={"range": f"bytes={CHUNK_BYTES - 3}-{CHUNK_BYTES + 3}"})
    assert part.content == file[CHUNK_BYTES - 3 : CHUNK_BYTES + 4]


async def test_the_previous_release_finds_no_data_that_it_would_misread(
    task_id: str, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        seen = select(result_chunks.c.data).where(result_chunks.c.job_id == UUID(task_id))
        assert set((await session.execute(seen)).scalars()) == {None}
