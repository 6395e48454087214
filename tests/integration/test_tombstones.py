"""Todos that were deleted are told of in feeds for a while, and nowhere else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import func, select, text

from app.settings import Settings
from app.storage import feed_sweeps
from app.storage.database import Sessions
from app.storage.schema import todo_tombstones
from tests.support.feeds import a_feed, a_todo, note_and_ask, pass_time, render, settle
from tests.support.jobs import NO_LIMIT
from workers.calendars import make_calendar
from workers.runtime import Runtime

MINUTE = timedelta(minutes=1)


async def file_of(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> list[Any]:
    """The feed's components once all changes are in it."""
    await pass_time(sessions, MINUTE)
    await note_and_ask(sessions, settings)
    await render(sessions, settings)
    calendar = Calendar.from_ical((await client.get(feed["url"])).content)
    return [part for part in calendar.walk() if part.name in {"VEVENT", "VTODO"}]


async def test_a_deleted_todo_is_cancelled_by_all_that_it_was_known_by(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    todo_id = await a_todo(client)
    await client.patch(f"/todos/{todo_id}", json={"deadline_at": "2030-01-03T10:00:00Z"})
    feed = await a_feed(client, alarm=30)
    (event,) = await file_of(client, feed, sessions, settings)
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 1)
    deleted = datetime.now(UTC).replace(microsecond=0)
    await client.delete(f"/todos/{todo_id}")
    (gone,) = await file_of(client, feed, sessions, settings)
    assert (gone["status"], gone["sequence"], gone["uid"]) == ("CANCELLED", 2, event["uid"])
    assert (gone["dtstart"].dt, gone["summary"]) == (event["dtstart"].dt, event["summary"])
    assert gone["created"].dt == event["created"].dt
    for moment in (gone["dtstamp"].dt, gone["last-modified"].dt):
        assert moment > deleted - 2 * MINUTE  # which is how far time was moved
    assert gone.subcomponents == []


@pytest.mark.parametrize(("component", "names"), [("todo", ["VTODO"]), ("both", ["VEVENT", "VTODO"])])
async def test_its_task_is_cancelled_as_well(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, component: str, names: list[str]
) -> None:
    todo_id = await a_todo(client)
    feed = await a_feed(client, component=component)
    before = await file_of(client, feed, sessions, settings)
    await client.delete(f"/todos/{todo_id}")
    after = await file_of(client, feed, sessions, settings)
    assert [part.name for part in after] == names
    assert [part["uid"] for part in after] == [part["uid"] for part in before]
    assert {part["status"] for part in after} == {"CANCELLED"}


async def test_a_feed_tells_nothing_of_what_was_deleted_before_it_was_made(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_feed(client)
    await client.delete(f"/todos/{await a_todo(client)}")
    await pass_time(sessions, MINUTE)
    younger = await a_feed(client)
    assert await file_of(client, younger, sessions, settings) == []


async def test_a_feed_tells_only_of_what_it_would_have_shown(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    feed = await a_feed(client, completed=False, window=7)
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for members in (
        {"deadline_at": soon},
        {"deadline_at": soon, "completed": True},
        {"deadline_at": "2100-01-01"},
    ):
        await client.delete(f"/todos/{await a_todo(client, str(members), **members)}")
    await client.delete(f"/todos/{await a_todo(client, deadline_at=None)}")
    (gone,) = await file_of(client, feed, sessions, settings)
    assert gone["status"] == "CANCELLED"


async def test_its_deadline_has_its_zones_definition(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    feed = await a_feed(client, timezone="Europe/Oslo")
    await client.delete(f"/todos/{await a_todo(client)}")
    (gone,) = await file_of(client, feed, sessions, settings)
    assert gone["dtstart"].params["TZID"] == "Europe/Oslo"
    assert "BEGIN:VTIMEZONE" in (await client.get(feed["url"])).text


async def test_a_calendar_that_is_asked_for_tells_nothing_of_what_was_deleted(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_feed(client)
    await client.delete(f"/todos/{await a_todo(client)}")
    task = (await client.post("/todos/ical")).json()["task_id"]
    async with Runtime(sessions, settings).attempt(UUID(task)) as held:
        assert held is not None
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    assert "CANCELLED" not in (await client.get(f"/todos/ical/{task}/result")).text


@pytest.mark.parametrize("statement", ["DELETE FROM todos", "TRUNCATE todos"])
async def test_whoever_deletes_todos_leaves_tombstones(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, statement: str
) -> None:
    for title in ("one", "two"):
        await a_todo(client, title)
    feed = await a_feed(client)
    await settle(sessions, settings)
    async with sessions.begin() as session:
        await session.execute(text(statement))
    assert [part["status"] for part in await file_of(client, feed, sessions, settings)] == ["CANCELLED"] * 2


async def test_after_their_time_they_are_told_of_no_more_and_go(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    feed = await a_feed(client)
    await client.delete(f"/todos/{await a_todo(client, 'old')}")
    await pass_time(sessions, settings.tombstone_ttl)
    await client.delete(f"/todos/{await a_todo(client, 'young')}")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE feeds SET fetched_at = now()"))
    assert [part["summary"] for part in await file_of(client, feed, sessions, settings)] == ["young"]
    async with sessions.begin() as session:
        await feed_sweeps.forget_tombstones(session, older_than=settings.tombstone_ttl)
        assert list((await session.execute(select(todo_tombstones.c.title))).scalars()) == ["young"]


async def test_where_nobody_has_a_feed_nothing_is_kept(client: httpx.AsyncClient, sessions: Sessions) -> None:
    feed = await a_feed(client)
    todo_id = await a_todo(client)
    await client.delete(f"/calendars/{feed['calendar_id']}")
    await client.delete(f"/todos/{todo_id}")
    async with sessions.begin() as session:
        assert (await session.execute(select(func.count()).select_from(todo_tombstones))).scalar_one() == 0


async def test_of_many_deleted_todos_those_deleted_last_are_told_of(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    feed = await a_feed(client)
    todo_id = await a_todo(client, "the last one")
    async with sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO todo_tombstones (owner_id, uid, title, completed, deadline_at, sequence, created_at)"
                " SELECT owner_id, gen_random_uuid(), 'one of many', false, now(), 0, now()"
                " FROM todos, generate_series(1, 10005)"
            )
        )
    await client.delete(f"/todos/{todo_id}")
    await pass_time(sessions, MINUTE)
    await note_and_ask(sessions, settings)
    await render(sessions, settings)
    file = (await client.get(feed["url"])).text
    assert (file.count("STATUS:CANCELLED"), "SUMMARY:the last one" in file) == (10_000, True)
