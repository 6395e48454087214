"""Calendars to subscribe to, as those who make them see them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from app.settings import Settings
from app.storage.database import Sessions
from app.storage.schema import feeds
from tests.support.api import all_sent, api
from tests.support.feeds import a_feed, a_todo, render, token_of
from tests.support.messages import waiting_messages

OPTIONS = {"component": "both", "timezone": "Europe/Oslo", "alarm": 30, "completed": False, "name": "Work"}


@pytest.fixture
async def made(client: httpx.AsyncClient) -> dict[str, object]:
    return await a_feed(client, **OPTIONS)


async def test_a_calendar_is_made_with_a_secret_url_and_a_webcal_link(client: httpx.AsyncClient) -> None:
    answer = await client.post("/calendars", json=OPTIONS)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"http://testserver/api/v1/calendars/{made['calendar_id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert list(made) == ["calendar_id", "name", "options", "created_at", "rotated_at", "url", "webcal_url"]
    assert (made["name"], made["options"], made["rotated_at"]) == ("Work", OPTIONS, None)
    assert made["url"].startswith("http://testserver/api/v1/calendars/")
    assert made["webcal_url"] == made["url"].replace("http:", "webcal:")
    assert len(token_of(made).text) == 43
    assert made["calendar_id"] not in made["url"]


@pytest.mark.parametrize("body", [None, {}])
async def test_every_option_may_be_left_out(client: httpx.AsyncClient, body: object) -> None:
    made = await client.post("/calendars", json=body) if body is not None else await client.post("/calendars")
    assert (made.status_code, made.json()["options"]) == (201, {"component": "event", "name": "Todos"})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"component": "x"}, "/component"), ({"colour": "red"}, "/colour"), ({"alarm": -1}, "/alarm")],
)
async def test_bad_options_are_refused_and_nothing_is_made(
    client: httpx.AsyncClient, body: dict[str, object], pointer: str
) -> None:
    refused = await client.post("/calendars", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    assert (await client.get("/calendars")).json() == []


async def test_the_secret_is_stored_nowhere(sessions: Sessions, made: dict[str, object]) -> None:
    async with sessions.begin() as session:
        row = (await session.execute(select(feeds))).one()
    assert row.token_hash == token_of(made).hash
    assert token_of(made).text not in str(row)


async def test_it_is_shown_again_without_its_url(
    client: httpx.AsyncClient, made: dict[str, object], sessions: Sessions, settings: Settings
) -> None:
    before = (await client.get(f"/calendars/{made['calendar_id']}")).json()
    assert before == {
        **{name: value for name, value in made.items() if not name.endswith("url")},
        "fetched_at": None,
        "rendered_at": None,
    }
    await render(sessions, settings)
    assert (await client.get(str(made["url"]))).status_code == 200
    after = (await client.get(f"/calendars/{made['calendar_id']}")).json()
    assert datetime.fromisoformat(after["rendered_at"]) <= datetime.fromisoformat(after["fetched_at"])
    assert (await client.get("/calendars")).json() == [after]


async def test_calendars_are_listed_newest_first_a_page_at_a_time(client: httpx.AsyncClient) -> None:
    made = [(await a_feed(client, name=str(n)))["calendar_id"] for n in range(5)]
    found, page = [], await client.get("/calendars", params={"limit": 2})
    while True:
        found += [feed["calendar_id"] for feed in page.json()]
        if "next" not in page.links:
            break
        page = await client.get(page.links["next"]["url"])
    assert found == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=x"])
async def test_a_bad_page_is_refused(client: httpx.AsyncClient, query: str) -> None:
    refused = await client.get(f"/calendars?{query}")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        400,
        f"/{query.partition('=')[0]}",
    )


async def test_rotating_gives_a_new_url_and_kills_the_old_one_at_once(
    client: httpx.AsyncClient, made: dict[str, object], sessions: Sessions, settings: Settings
) -> None:
    await render(sessions, settings)
    file = (await client.get(str(made["url"]))).content
    answer = await client.post(f"/calendars/{made['calendar_id']}/rotate")
    rotated = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert rotated["url"] != made["url"]
    assert rotated["rotated_at"] is not None
    gone = await client.get(str(made["url"]))
    assert (gone.status_code, gone.json()["error"]) == (404, "Calendar not found")
    assert (await client.get(rotated["url"])).content == file


async def test_revoking_is_idempotent_and_kills_the_url_at_once(
    client: httpx.AsyncClient, made: dict[str, object], sessions: Sessions, settings: Settings
) -> None:
    await render(sessions, settings)
    path = f"/calendars/{made['calendar_id']}"
    first, again = [await client.delete(path) for _ in range(2)]
    assert (first.status_code, first.json()["name"]) == (200, "Work")
    assert (again.status_code, again.json()) == (200, {})
    for answer in (
        await client.get(str(made["url"])),
        await client.get(path),
        await client.post(f"{path}/rotate"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "Calendar not found")
    assert (await client.get("/calendars")).json() == []


@pytest.mark.parametrize(
    "path", ["/calendars/x.ics", "/calendars/.ics", "/calendars/x", f"/calendars/{uuid4()}"]
)
async def test_what_is_no_calendar_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_file_can_only_be_fetched(client: httpx.AsyncClient, made: dict[str, object]) -> None:
    refused = await client.delete(str(made["url"]))
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_a_problem_does_not_repeat_the_secret(
    client: httpx.AsyncClient, made: dict[str, object]
) -> None:
    await client.delete(f"/calendars/{made['calendar_id']}")
    for url in (str(made["url"]), str(made["url"]).removesuffix(".ics"), str(made["url"]) + "/x"):
        answer = await client.get(url)
        assert answer.status_code == 404
        assert token_of(made).text not in answer.text


@pytest.fixture
async def few(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with api(settings.model_copy(update={"max_feeds": 2})) as client:
        yield client


async def test_an_owner_has_so_many_calendars_and_no_more(few: httpx.AsyncClient, sessions: Sessions) -> None:
    answers = await asyncio.gather(*(few.post("/calendars") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["error"] == "Too many calendars"
    async with sessions.begin() as session:
        assert len((await session.execute(select(feeds))).all()) == 2
    await few.delete(f"/calendars/{(await few.get('/calendars')).json()[0]['calendar_id']}")
    assert (await few.post("/calendars")).status_code == 201


async def test_its_renders_are_no_tasks_of_its_owner(
    client: httpx.AsyncClient, settings: Settings, sessions: Sessions
) -> None:
    await a_todo(client)
    await a_feed(client)
    await all_sent(client)
    (message,) = waiting_messages(settings.broker_url.url)
    assert message["version"] == 2
    assert (await client.get("/todos/ical")).json() == []
    for path in ("", "/status", "/result"):
        assert (await client.get(f"/todos/ical/{message['job_id']}{path}")).status_code == 404
    assert (await client.delete(f"/todos/ical/{message['job_id']}")).status_code == 404
    assert await render(sessions, settings) == 1
