"""What a feed's URL answers."""

import asyncio
import gzip
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from app.api.downloads import Downloads
from app.main import create_app
from app.settings import Settings
from app.storage.database import Sessions
from app.storage.schema import feed_files, feeds, jobs
from tests.support.api import api, serving
from tests.support.feeds import a_feed, a_todo, forget_jobs, note_and_ask, pass_time, render, settle
from tests.support.waiting import until

IDENTITY = {"accept-encoding": "identity"}


@pytest.fixture
async def url(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> str:
    await a_todo(client)
    feed = await a_feed(client)
    await settle(sessions, settings)
    return str(feed["url"])


async def render_again(sessions: Sessions, settings: Settings) -> None:
    await pass_time(sessions, timedelta(minutes=2))
    await note_and_ask(sessions, settings)
    assert await render(sessions, settings) == 1


async def test_the_latest_file_is_served_for_nobody_else_to_keep_or_find(
    client: httpx.AsyncClient, url: str
) -> None:
    answer = await client.get(url, headers=IDENTITY)
    assert answer.status_code == 200
    assert b"SUMMARY:Buy milk\r\n" in answer.content
    assert {
        "content-type": "text/calendar; charset=utf-8",
        "cache-control": "private, no-cache",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
        "vary": "Accept-Encoding",
        "accept-ranges": "bytes",
        "content-length": str(len(answer.content)),
    }.items() <= answer.headers.items()


@pytest.mark.parametrize("accepts", ["gzip", "identity"])
async def test_head_says_what_get_would(client: httpx.AsyncClient, url: str, accepts: str) -> None:
    headers = {"accept-encoding": accepts, "x-request-id": "one"}
    get, head = await client.get(url, headers=headers), await client.head(url, headers=headers)
    assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")


async def test_whoever_takes_gzip_gets_it(client: httpx.AsyncClient, url: str) -> None:
    plain = await client.get(url, headers=IDENTITY)
    async with client.stream("GET", url, headers={"accept-encoding": "br, gzip;q=0.5"}) as answer:
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    assert gzip.decompress(packed) == plain.content
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert answer.headers["etag"] == f"W/{plain.headers['etag']}"
    assert int(answer.headers["content-length"]) == len(packed)
    assert "accept-ranges" not in answer.headers


@pytest.mark.parametrize("accepts", ["gzip", "identity"])
async def test_a_client_that_has_the_file_is_told_so_whichever_form_it_has(
    client: httpx.AsyncClient, url: str, accepts: str
) -> None:
    plain = await client.get(url, headers=IDENTITY)
    for condition in (
        {"if-none-match": plain.headers["etag"]},
        {"if-none-match": f"W/{plain.headers['etag']}"},
        {"if-modified-since": plain.headers["last-modified"]},
    ):
        answer = await client.get(url, headers={"accept-encoding": accepts, **condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["etag"].removeprefix("W/") == plain.headers["etag"]


async def test_a_range_is_of_the_file_and_never_of_its_compressed_form(
    client: httpx.AsyncClient, url: str
) -> None:
    plain = await client.get(url, headers=IDENTITY)
    both = {"accept-encoding": "gzip", "range": "bytes=5-14"}
    part = await client.get(url, headers=both)
    assert (part.status_code, part.content) == (206, plain.content[5:15])
    assert "content-encoding" not in part.headers
    weak = await client.get(url, headers={**both, "if-range": f"W/{plain.headers['etag']}"})
    assert (weak.status_code, weak.content) == (200, plain.content)
    beyond = await client.get(url, headers={**both, "range": "bytes=100000-"})
    assert beyond.status_code == 416


async def test_a_file_that_comes_out_as_before_is_the_same_file(
    client: httpx.AsyncClient, url: str, sessions: Sessions, settings: Settings
) -> None:
    before = await client.get(url)
    passing = await a_todo(client, "Without a deadline", deadline_at=None)
    await client.delete(f"/todos/{passing}")
    await render_again(sessions, settings)
    after = await client.get(url)
    assert {name: after.headers[name] for name in ("etag", "last-modified")} == {
        name: before.headers[name] for name in ("etag", "last-modified")
    }
    assert after.content == before.content


async def test_its_date_goes_up_by_a_second_even_if_the_clock_goes_back(
    client: httpx.AsyncClient, url: str, sessions: Sessions, settings: Settings
) -> None:
    ahead = feed_files.c.changed_at + timedelta(hours=1)
    async with sessions.begin() as session:
        await session.execute(update(feed_files).values(changed_at=ahead))
    before = parsedate_to_datetime((await client.get(url)).headers["last-modified"])
    await a_todo(client, "Another")
    await render_again(sessions, settings)
    after = parsedate_to_datetime((await client.get(url)).headers["last-modified"])
    assert after - before == timedelta(seconds=1)


async def test_a_file_outlives_the_job_that_made_it(
    client: httpx.AsyncClient, url: str, sessions: Sessions
) -> None:
    await forget_jobs(sessions)
    assert (await client.get(url)).status_code == 200


async def test_the_first_fetch_waits_for_the_first_file(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client)
    feed = await a_feed(client)
    fetch = asyncio.create_task(client.get(feed["url"]))
    await until(lambda: waits(sessions), "a fetch")
    await render(sessions, settings)
    answer = await fetch
    assert (answer.status_code, "SUMMARY:Buy milk" in answer.text) == (200, True)


async def waits(sessions: Sessions) -> bool:
    async with sessions.begin() as session:
        return (await session.execute(select(feeds.c.fetched_at))).scalar_one() is not None


async def test_without_a_first_file_a_client_is_told_when_to_come_again(settings: Settings) -> None:
    async with api(settings.model_copy(update={"request_timeout": timedelta(seconds=2)})) as client:
        feed = await a_feed(client)
        answer = await client.get(feed["url"])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"] == "Calendar not ready"


async def test_a_first_render_that_failed_is_not_waited_for(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    feed = await a_feed(client)
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(state="FAILURE", finished_at=func.now()))
        await session.execute(update(jobs).values(error="it was too large"))
    answer = await asyncio.wait_for(client.get(feed["url"]), 4)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert answer.json()["error"] == "Calendar failed"
    assert "it was too large" in answer.json()["detail"]
    details = (await client.get(f"/calendars/{feed['calendar_id']}")).json()
    assert details["error"] == "it was too large"
    assert (await client.get("/calendars")).json() == [details]


async def test_it_takes_a_place_among_the_downloads(settings: Settings, url: str) -> None:
    application: Any = create_app(settings.model_copy(update={"max_downloads": 1}))
    async with serving(application) as client:
        downloads: Downloads = application.state.downloads
        with downloads.place():
            refused = await client.get(url)
            assert (refused.status_code, refused.json()["error"]) == (503, "Too many downloads")
        assert (await client.get(url)).status_code == 200
