"""Feeds, and what workers and time do to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import delete, select, update

from app.domain.feeds import FeedToken
from app.settings import Settings
from app.storage import feed_renders
from app.storage.database import Sessions
from app.storage.schema import IS_OPEN_RENDER, feeds, jobs, todo_tombstones
from tests.support.jobs import LEASE, NO_LIMIT
from workers.calendars import make_calendar
from workers.runtime import Runtime

DEADLINE = "2030-01-02T10:00:00"


async def a_feed(client: httpx.AsyncClient, **options: Any) -> dict[str, Any]:
    made = await client.post("/calendars", json=options)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def a_todo(client: httpx.AsyncClient, title: str = "Buy milk", **members: Any) -> int:
    made = await client.post("/todos", json={"title": title, "deadline_at": DEADLINE, **members})
    todo_id: int = made.json()["id"]
    return todo_id


async def open_renders(sessions: Sessions) -> list[UUID]:
    async with sessions.begin() as session:
        return list((await session.execute(select(jobs.c.id).where(IS_OPEN_RENDER))).scalars())


async def render(sessions: Sessions, settings: Settings) -> int:
    """Do what workers would do with all that was asked for, and say how much that was."""
    asked = await open_renders(sessions)
    for job_id in asked:
        async with Runtime(sessions, settings).attempt(job_id) as held:
            assert held is not None
            ttl = settings.tombstone_ttl
            await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT, tombstone_ttl=ttl)
    return len(asked)


async def note_and_ask(sessions: Sessions, settings: Settings) -> list[UUID]:
    """Do what the sweeper does for feeds."""
    async with sessions.begin() as session:
        await feed_renders.note_changes(session, settings.feed_pacing)
    async with sessions.begin() as session:
        return await feed_renders.ask_due(session, settings.feed_pacing, resend_after=LEASE)


async def pass_time(sessions: Sessions, by: timedelta) -> None:
    """Move all moments of feeds into the past, since nobody can move the database's clock."""
    moments = ("created_at", "asked_at", "due_at", "fetched_at", "rendered_at")
    async with sessions.begin() as session:
        await session.execute(update(feeds).values({name: feeds.c[name] - by for name in moments}))
        await session.execute(update(todo_tombstones).values(deleted_at=todo_tombstones.c.deleted_at - by))


async def settle(sessions: Sessions, settings: Settings) -> None:
    """Let the renders be over that follow from a feed's having just been made."""
    await render(sessions, settings)
    await pass_time(sessions, timedelta(minutes=2))
    await note_and_ask(sessions, settings)
    await render(sessions, settings)
    await pass_time(sessions, timedelta(minutes=2))


async def forget_jobs(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(jobs))


def token_of(feed: dict[str, Any]) -> FeedToken:
    return FeedToken(feed["url"].rpartition("/")[2].removesuffix(".ics"))
