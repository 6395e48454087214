"""Requests that come at once share statements, and are told apart all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import select

from app.domain.jobs import JobState
from app.settings import Settings
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support import databases
from tests.support.api import all_sent
from tests.support.jobs import NO_LIMIT
from tests.support.locks import blocked
from tests.support.messages import waiting_messages
from tests.support.statements import driver_statements
from workers.calendars import make_calendar
from workers.runtime import Runtime

MANY = 60
END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'taskoverflow-api-jobs' AND datname = current_database()
"""


@asynccontextmanager
async def nothing_stored(database_url: str) -> AsyncIterator[None]:
    """No job can be stored before the block ends."""
    holder = await asyncpg.connect(database_url)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE jobs IN EXCLUSIVE MODE")
            yield
    finally:
        await holder.close()


async def post(client: httpx.AsyncClient, number: int) -> httpx.Response:
    headers = {"x-request-id": f"request-{number}"}
    return await client.post("/todos/ical", json={"name": f"Name {number}"}, headers=headers)


def post_many(client: httpx.AsyncClient) -> "list[asyncio.Task[httpx.Response]]":
    return [asyncio.create_task(post(client, number)) for number in range(MANY)]


async def rows(sessions: Sessions) -> dict[str, Any]:
    async with sessions.begin() as session:
        found = await session.execute(select(jobs))
    return {str(row.id): row for row in found}


async def test_jobs_that_are_asked_for_at_once_are_stored_together_and_each_is_its_own(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await client.post("/todos/ical")  # so that they have been counted
    with driver_statements() as seen:
        answers = await asyncio.gather(*post_many(client))
    inserts = sum(statement.startswith("INSERT INTO jobs") for statement in seen)
    assert 0 < inserts < MANY / 2
    stored = await rows(sessions)
    assert len({answer.json()["task_id"] for answer in answers}) == MANY
    for number, answer in enumerate(answers):
        row = stored[answer.json()["task_id"]]
        assert (row.request_id, row.options["name"]) == (f"request-{number}", f"Name {number}")
    await all_sent(client)
    rung = {message["job_id"] for message in waiting_messages(settings.broker_url.url)}
    assert rung == set(stored)


@pytest.mark.parametrize(("options", "all_need_one"), [({}, False), ({"window": 3}, True)])
async def test_of_those_that_are_stored_together_and_wait_for_one_file_one_has_a_message(
    client: httpx.AsyncClient,
    sessions: Sessions,
    settings: Settings,
    options: dict[str, Any],
    all_need_one: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    await client.post("/todos/ical", json={"name": "Another"})  # so that they have been counted
    await asyncio.gather(*(client.post("/todos/ical", json=options) for _ in range(MANY)))
    await all_sent(client)
    rung = [message["job_id"] for message in waiting_messages(settings.broker_url.url)]
    assert (len(rung) == MANY + 1, len(rung) < MANY / 2) == (all_need_one, not all_need_one)
    for job_id in rung:
        async with Runtime(sessions, settings).attempt(UUID(job_id)) as held:
            if held is not None:
                await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    assert {row.state for row in (await rows(sessions)).values()} == {JobState.SUCCESS}


async def test_where_a_statement_fails_all_that_share_it_are_told_so_and_nothing_is_stored(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, database_url: str
) -> None:
    async with nothing_stored(database_url):
        asked = post_many(client)
        await blocked(sessions)
        await databases.execute(database_url, END_ALL)
        answers = await asyncio.gather(*asked)
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {
        (503, "Service unavailable")
    }
    assert await rows(sessions) == {}
    await all_sent(client)
    assert waiting_messages(settings.broker_url.url) == []
    assert (await post(client, 0)).status_code == 202


async def test_a_request_whose_client_goes_away_leaves_the_others_as_they_are(
    client: httpx.AsyncClient, sessions: Sessions, database_url: str
) -> None:
    async with nothing_stored(database_url):
        asked = post_many(client)
        await blocked(sessions)
        for task in asked[::2]:
            task.cancel()
        await asyncio.wait(asked[::2])
    answers = await asyncio.gather(*asked[1::2])
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["task_id"] for answer in answers} <= set(await rows(sessions))


async def test_tasks_that_are_looked_at_at_once_are_read_together(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*post_many(client))
    urls = [answer.json()["task_url"] for answer in answers]
    urls.insert(7, f"/todos/ical/{uuid4()}/status")
    with driver_statements() as seen:
        looks = await asyncio.gather(*(client.get(url) for url in urls))
    assert 0 < sum("FROM jobs" in statement for statement in seen) < MANY / 2
    assert looks.pop(7).status_code == 404
    for number, (answer, look) in enumerate(zip(answers, looks, strict=True)):
        assert look.json()["task_id"] == answer.json()["task_id"]
        assert look.json()["options"]["name"] == f"Name {number}"


async def test_a_task_is_read_for_its_owner_alone_whoever_else_looks(
    client: httpx.AsyncClient, database_url: str
) -> None:
    mine, theirs = [
        answer.json()["task_url"] for answer in await asyncio.gather(post(client, 0), post(client, 1))
    ]
    await databases.execute(
        database_url, f"UPDATE jobs SET owner_id = '{uuid4()}' WHERE request_id = 'request-1'"
    )
    looks = await asyncio.gather(client.get(mine), client.get(theirs))
    assert [look.status_code for look in looks] == [200, 404]
