"""When a feed is made anew, and when not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, insert, select, text, update

from app.cli.operating.history import print_history
from app.cli.operating.tables import open_console
from app.domain.brokers import parse_broker_url
from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from app.main import create_app
from app.queue.publisher import Publisher
from app.services.operations import OperationsService
from app.settings import Settings
from app.storage import backlog, feed_renders, operations, sweeps
from app.storage import jobs as jobs_of
from app.storage.database import Sessions
from app.storage.feed_files import hold
from app.storage.schema import feed_chunks, feed_files, feeds, jobs, todo_changes, todos
from tests.support.api import all_sent, api, serving
from tests.support.feeds import (
    a_feed,
    a_todo,
    note_and_ask,
    open_renders,
    pass_time,
    render,
    settle,
)
from tests.support.jobs import COUNTS, claim, end_lease, rescue
from tests.support.locks import blocked
from tests.support.messages import waiting_messages
from workers.calendars import make_calendar
from workers.runtime import Fenced, Runtime
from workers.sweeper import Sweeper

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def feed(client: httpx.AsyncClient, sessions: Sessions, settings: Settings) -> dict[str, Any]:
    """One that has a todo, is up to date, and was last asked for two minutes ago."""
    await a_todo(client)
    made = await a_feed(client)
    await settle(sessions, settings)
    assert await note_and_ask(sessions, settings) == []
    return made


@pytest.fixture
async def sweeper(sessions: Sessions, settings: Settings) -> AsyncIterator[Sweeper]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield Sweeper(sessions, publisher, settings)


async def titles(client: httpx.AsyncClient, feed: dict[str, Any]) -> list[str]:
    file = (await client.get(feed["url"])).text
    return [line.partition(":")[2] for line in file.splitlines() if line.startswith("SUMMARY:")]


async def count(sessions: Sessions, table: Any) -> int:
    async with sessions.begin() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


async def test_the_first_file_is_asked_for_at_once(client: httpx.AsyncClient, settings: Settings) -> None:
    await a_feed(client)
    await all_sent(client)
    assert [message["version"] for message in waiting_messages(settings.broker_url.url)] == [2]


async def test_fetching_a_stale_feed_serves_it_and_asks_for_the_next_once(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    await all_sent(client)
    before = len(waiting_messages(settings.broker_url.url))
    assert [await titles(client, feed) for _ in range(3)] == [["Buy milk"]] * 3
    await all_sent(client)
    assert len(waiting_messages(settings.broker_url.url)) == before + 1
    assert await render(sessions, settings) == 1
    assert await titles(client, feed) == ["Buy milk", "Buy bread"]
    assert await open_renders(sessions) == []


async def test_two_apis_that_are_asked_at_once_ask_for_one_render(
    feed: dict[str, Any], client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    async with serving(create_app(settings)) as one, serving(create_app(settings)) as other:
        answers = await asyncio.gather(*(api.get(feed["url"]) for _ in range(5) for api in (one, other)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await open_renders(sessions)) == 1


async def test_the_database_itself_keeps_a_second_render_from_being_under_way(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    feed = await a_feed(client)
    row = {"owner_id": BUILT_IN_OWNER, "options": {}, "feed_id": UUID(feed["calendar_id"])}
    with pytest.raises(Exception, match="jobs_open_of_feed_idx"):
        async with sessions.begin() as session:
            await session.execute(insert(jobs).values(id=UUID(int=1), **row))


async def test_the_sweeper_renders_what_changed_before_anybody_asks(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings, sweeper: Sweeper
) -> None:
    await a_todo(client, "Buy bread")
    await all_sent(client)
    before = waiting_messages(settings.broker_url.url)
    for _ in range(3):
        await sweeper.render_feeds()
    (job_id,) = await open_renders(sessions)
    rung = waiting_messages(settings.broker_url.url)[len(before) :]
    assert rung == [{"job_id": str(job_id), "version": 2}]
    await render(sessions, settings)
    assert await titles(client, feed) == ["Buy milk", "Buy bread"]


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("UPDATE todos SET title = 'x'", True),
        ("UPDATE todos SET title = title", False),
        ("UPDATE todos SET title = 'x' WHERE false", False),
        ("DELETE FROM todos", True),
        ("DELETE FROM todos WHERE false", False),
        ("TRUNCATE todos", True),
        ("INSERT INTO todos (owner_id, title, completed) SELECT owner_id, 'x', false FROM todos", True),
        ("INSERT INTO todos (owner_id, title, completed) SELECT gen_random_uuid(), 'x', false", False),
    ],
)
@pytest.mark.usefixtures("feed")
async def test_what_changes_todos_makes_the_feeds_of_their_owner_due_whoever_does_it(
    sessions: Sessions, settings: Settings, statement: str, *, changes: bool
) -> None:
    async with sessions.begin() as session:
        await session.execute(text(statement))
    assert len(await note_and_ask(sessions, settings)) == changes
    assert await count(sessions, todo_changes) == 0


async def test_where_nobody_has_a_feed_nothing_is_noted(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    todo_id = await a_todo(client)
    await client.patch(f"/todos/{todo_id}", json={"title": "Buy bread"})
    await client.delete(f"/todos/{todo_id}")
    assert await count(sessions, todo_changes) == 0


async def test_changes_that_follow_closely_wait_for_one_render(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "one")
    assert len(await note_and_ask(sessions, settings)) == 1
    await render(sessions, settings)
    for title in ("two", "three"):
        await a_todo(client, title)
        assert await note_and_ask(sessions, settings) == []
    assert await titles(client, feed) == ["Buy milk", "one"]
    assert await open_renders(sessions) == []
    await pass_time(sessions, settings.feed_interval)
    assert len(await note_and_ask(sessions, settings)) == 1
    await render(sessions, settings)
    assert await titles(client, feed) == ["Buy milk", "one", "two", "three"]


@pytest.mark.usefixtures("feed")
async def test_a_change_while_a_render_is_under_way_is_not_lost(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "in time")
    (job_id,) = await note_and_ask(sessions, settings)
    async with Runtime(sessions, settings).attempt(job_id) as held:
        assert held is not None
        await a_todo(client, "perhaps too late")
        await pass_time(sessions, MINUTE)
        assert await note_and_ask(sessions, settings) == []
        await make_calendar(sessions, held, timezone="UTC", max_bytes=10**6)
    await pass_time(sessions, settings.feed_interval)
    assert len(await note_and_ask(sessions, settings)) == 1


@pytest.mark.usefixtures("feed")
async def test_a_change_that_is_not_committed_yet_is_noted_once_it_is(
    sessions: Sessions, settings: Settings
) -> None:
    async with sessions.begin() as slow:
        await slow.execute(update(todos).values(title="late"))
        assert await note_and_ask(sessions, settings) == []
    assert len(await note_and_ask(sessions, settings)) == 1


@pytest.mark.usefixtures("feed")
async def test_todos_are_changed_without_waiting_for_each_other(sessions: Sessions) -> None:
    bread = {"owner_id": BUILT_IN_OWNER, "title": "Buy bread", "completed": False}
    async with sessions.begin() as session:
        await session.execute(insert(todos).values(bread))
    async with sessions.begin() as slow, sessions.begin() as other:
        await slow.execute(update(todos).where(todos.c.title == "Buy milk").values(title="late"))
        await other.execute(text("SET LOCAL lock_timeout = '1s'"))
        await other.execute(update(todos).where(todos.c.title == "Buy bread").values(title="in time"))


async def test_a_todo_that_was_being_changed_while_the_first_feed_was_made_is_seen_later(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy milk")
    async with sessions.begin() as slow:
        await slow.execute(update(todos).values(title="Buy bread"))
        feed = await a_feed(client)
        await render(sessions, settings)
    assert await titles(client, feed) == ["Buy milk"]
    await pass_time(sessions, MINUTE)
    assert len(await note_and_ask(sessions, settings)) == 1
    await render(sessions, settings)
    assert await titles(client, feed) == ["Buy bread"]


async def test_a_feed_that_nobody_fetches_is_left_alone_until_somebody_does(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await pass_time(sessions, settings.feed_idle_after)
    await a_todo(client, "Buy bread")
    assert await note_and_ask(sessions, settings) == []
    await a_todo(client, "Buy butter")
    assert await note_and_ask(sessions, settings) == []
    assert await titles(client, feed) == ["Buy milk"]
    assert await render(sessions, settings) == 1
    assert await titles(client, feed) == ["Buy milk", "Buy bread", "Buy butter"]
    await pass_time(sessions, MINUTE)
    await a_todo(client, "Buy honey")
    assert len(await note_and_ask(sessions, settings)) == 1


@pytest.mark.usefixtures("feed")
async def test_a_window_moves_with_the_clock_and_nothing_else_does(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_feed(client, window=7)
    await settle(sessions, settings)
    assert await note_and_ask(sessions, settings) == []
    await pass_time(sessions, HOUR)
    (job_id,) = await note_and_ask(sessions, settings)
    async with sessions.begin() as session:
        job = await operations.find(session, job_id)
    assert job is not None
    assert job.options.window == 7


@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_after_a_render_that_failed_the_old_file_stays_and_another_one_waits(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings, end: str
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    ended = {"state": JobState.FAILURE if end == "failed" else JobState.REVOKED, "finished_at": func.now()}
    async with sessions.begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == job_id).values(ended))
    for _ in range(3):
        assert await titles(client, feed) == ["Buy milk"]
        assert await note_and_ask(sessions, settings) == []
        await pass_time(sessions, MINUTE)
    assert await open_renders(sessions) == []
    await pass_time(sessions, HOUR)
    assert len(await note_and_ask(sessions, settings)) == 1


@pytest.mark.usefixtures("feed")
async def test_after_a_render_that_failed_a_change_brings_the_next(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    await note_and_ask(sessions, settings)
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(state=JobState.FAILURE, finished_at=func.now()))
    await pass_time(sessions, MINUTE)
    await a_todo(client, "Buy butter")
    assert len(await note_and_ask(sessions, settings)) == 1


async def test_a_worker_that_dies_in_the_middle_leaves_the_old_file_until_another_has_made_the_new_one(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    files = await count(sessions, feed_files)
    async with sessions() as dead:
        # What an attempt has written by the time of its death, which its server rolls back.
        await dead.execute(insert(feed_chunks).values(file_id=job_id, number=0, data=b"half"))
        async with sessions.begin() as session:
            died = {"state": JobState.STARTED, "attempt": 1, "lease_until": func.now() + HOUR}
            await session.execute(update(jobs).where(jobs.c.id == job_id).values(died))
        assert await titles(client, feed) == ["Buy milk"]
        await end_lease(sessions)
        assert await rescue(sessions) == {job_id: JobState.RETRY}
        assert await titles(client, feed) == ["Buy milk"]
        assert await render(sessions, settings) == 1
    assert await titles(client, feed) == ["Buy milk", "Buy bread"]
    assert await count(sessions, feed_files) == files + 1


async def test_an_attempt_that_was_thought_dead_changes_nothing(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    held = await claim(sessions, job_id)
    assert held is not None
    await end_lease(sessions)
    await rescue(sessions)
    assert await claim(sessions, job_id) is not None
    with pytest.raises(Fenced):
        await make_calendar(sessions, held, timezone="UTC", max_bytes=10**6)
    assert await titles(client, feed) == ["Buy milk"]


async def test_revoking_ends_the_render_and_what_is_under_way_publishes_nothing(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    await client.delete(f"/calendars/{feed['calendar_id']}")
    async with sessions.begin() as session:
        job = await operations.find(session, job_id)
    assert job is not None
    assert job.state is JobState.REVOKED
    await pass_time(sessions, HOUR)
    assert await note_and_ask(sessions, settings) == []


@pytest.mark.usefixtures("feed")
async def test_a_render_whose_feed_is_gone_ends_for_good(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    async with sessions.begin() as session:
        await session.execute(update(feeds).values(revoked_at=func.now()))
    await render(sessions, settings)
    async with sessions.begin() as session:
        job = await operations.find(session, job_id)
    assert job is not None
    assert (job.state, job.error, job.attempt) == (JobState.FAILURE, "the feed was revoked", 1)


async def test_an_operator_is_told_which_feed_a_job_renders(
    feed: dict[str, Any], sessions: Sessions, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with sessions.begin() as session:
        (job, *_) = await operations.newest(session, states=(), limit=1)
    async with aclosing(Publisher.open(settings)) as publisher:
        print_history(open_console(), await OperationsService(sessions, publisher).history(str(job.id)))
    shown = capsys.readouterr().out
    assert f"the file of the feed {feed['calendar_id']}" in shown
    assert "removed" not in shown


@pytest.mark.usefixtures("feed")
async def test_a_render_leaves_no_result_that_has_to_be_removed_in_time(
    sessions: Sessions, settings: Settings
) -> None:
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(finished_at=func.now() - settings.result_ttl))
        assert await sweeps.remove_results(session, older_than=HOUR) == 0
    assert (await backlog.measure(sessions)).oldest_result == timedelta()


async def test_an_operators_retry_renders_the_feed_again(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await a_todo(client, "Buy bread")
    (job_id,) = await note_and_ask(sessions, settings)
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(state=JobState.FAILURE, finished_at=func.now()))
    async with aclosing(Publisher.open(settings)) as publisher:
        done = await OperationsService(sessions, publisher).retry(str(job_id))
    assert await open_renders(sessions) == [done.new_id]
    await render(sessions, settings)
    assert await titles(client, feed) == ["Buy milk", "Buy bread"]


async def test_the_sweeper_lets_only_so_many_renders_be_under_way(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_renders, "MOST_OPEN", 3)
    for _ in range(5):
        await a_feed(client)
    await settle(sessions, settings)
    await a_todo(client)
    assert len(await note_and_ask(sessions, settings)) == 3
    assert await note_and_ask(sessions, settings) == []
    await render(sessions, settings)
    assert len(await note_and_ask(sessions, settings)) == 2


async def test_a_feed_is_served_while_somebody_holds_it(
    settings: Settings, feed: dict[str, Any], sessions: Sessions, client: httpx.AsyncClient
) -> None:
    await a_todo(client, "Buy bread")
    hurried = settings.model_copy(update={"request_timeout": timedelta(seconds=2)})
    async with api(hurried) as hurried_client, sessions.begin() as holder:
        await holder.execute(select(feeds).with_for_update())
        asked = asyncio.create_task(hurried_client.get(feed["url"]))
        await blocked(sessions)
        assert (await asked).status_code == 200


async def test_an_api_that_cannot_reach_the_broker_serves_and_leaves_the_ring_to_the_sweeper(
    settings: Settings, feed: dict[str, Any], sessions: Sessions, client: httpx.AsyncClient
) -> None:
    await a_todo(client, "Buy bread")
    nowhere = settings.model_copy(update={"broker_url": parse_broker_url("redis://127.0.0.1:1/0")})
    async with api(nowhere) as deaf:
        assert (await deaf.get(feed["url"])).status_code == 200
        assert (await deaf.post("/calendars")).status_code == 201
    assert len(await open_renders(sessions)) == 2


async def test_nothing_is_due_where_nothing_has_changed(
    client: httpx.AsyncClient, feed: dict[str, Any], sessions: Sessions, settings: Settings
) -> None:
    await titles(client, feed)
    await pass_time(sessions, HOUR)
    assert await note_and_ask(sessions, settings) == []
    assert await open_renders(sessions) == []


async def test_a_new_feed_is_looked_at_again_even_if_it_was_made_anew_since(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    await a_feed(client)
    await render(sessions, settings)
    await pass_time(sessions, MINUTE / 3)
    await a_todo(client)
    assert len(await note_and_ask(sessions, settings)) == 1
    await render(sessions, settings)
    await pass_time(sessions, MINUTE)
    assert len(await note_and_ask(sessions, settings)) == 1


async def test_who_asks_for_a_feed_does_not_wait_for_the_render_that_is_just_ending(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, feed: dict[str, Any]
) -> None:
    feed_id = UUID(feed["calendar_id"])
    await a_todo(client, "Another")
    (job_id,) = await note_and_ask(sessions, settings)
    held = await claim(sessions, job_id)
    assert held is not None
    await a_todo(client, "Late")
    await pass_time(sessions, MINUTE)
    async with sessions.begin() as ending:
        assert await hold(ending, feed_id)
        assert await jobs_of.succeed(ending, held, COUNTS, "d")
        async with sessions.begin() as session:
            await session.execute(text("SET LOCAL lock_timeout = '5s'"))
            asked = await feed_renders.ask_one(
                session, feed_id, settings.feed_pacing, resend_after=timedelta(hours=1)
            )
        assert asked is None
