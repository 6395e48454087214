"""The events that a trigger keeps beside the todos are what workers would write themselves."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from app.domain.calendars import CalendarOptions
from app.domain.deadlines import Floating, Instant
from app.domain.jobs import Claim
from app.domain.todos import Todo
from app.settings import Settings
from app.storage.database import Sessions
from tests.support import icalendar_oracle
from tests.support.any_todo import any_todo
from tests.support.databases import execute
from tests.support.jobs import NO_LIMIT
from tests.support.statements import statements
from tests.support.todos import NOW, a_todo
from workers.calendars import make_calendar
from workers.runtime import Runtime

INSERT = """
    INSERT INTO todos (owner_id, uid, title, description, completed, deadline_local, deadline_at, sequence,
        created_at, updated_at)
    VALUES (gen_random_uuid(), $1, $2, $3, false, $4, $5, $6, $7, $8) RETURNING vevent
"""
FOLDED = f"""
    INSERT INTO todos (owner_id, title, completed, deadline_local, created_at, updated_at)
    SELECT gen_random_uuid(), title, false, '{NOW.replace(tzinfo=None)}', '{NOW}', '{NOW}'
    FROM unnest($1::text[]) AS title RETURNING uid, title, vevent
"""
MANY = """
    INSERT INTO todos (owner_id, title, completed, completed_at, deadline_at)
    SELECT '00000000-0000-0000-0000-000000000001', 'todo ' || i, i % 2 = 0, CASE i % 2 WHEN 0 THEN now() END,
        CASE WHEN i % 10 <> 0 THEN timestamptz '2030-01-01' + i * interval '1 minute' END
    FROM generate_series(1, 4500) i
"""
"""More than a page has, half of them done, and a tenth without a deadline."""

storable = any_todo.filter(lambda todo: "\x00" not in todo.title + (todo.description or ""))


def values(todo: Todo) -> list[Any]:
    deadline = todo.deadline
    local = deadline.local if isinstance(deadline, Floating) else None
    moment = deadline.moment if isinstance(deadline, Instant) else None
    said = [todo.uid, todo.title, todo.description, local, moment]
    return [*said, todo.sequence, todo.created_at, todo.updated_at]


def test_they_are_what_icalendar_writes(database_url: str) -> None:
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database_url))

        @hypothesis_settings(deadline=None)
        @given(storable)
        def each(todo: Todo) -> None:
            stored = runner.run(connection.fetchval(INSERT, *values(todo)))
            assert stored == icalendar_oracle.todo(todo, CalendarOptions())

        each()
        runner.run(connection.close())


async def test_they_are_folded_where_icalendar_folds(database_url: str) -> None:
    titles = ["x" * length + letter * 30 for length in range(1, 80) for letter in [*"xé€😀\\^;", r"\N"]]
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(FOLDED, titles)
    await connection.close()
    for row in rows:
        todo = a_todo(uid=row["uid"], title=row["title"], deadline=Floating(NOW.replace(tzinfo=None)))
        assert row["vevent"] == icalendar_oracle.todo(todo, CalendarOptions())


async def stored(database_url: str) -> list[bytes | None]:
    connection = await asyncpg.connect(database_url)
    try:
        return [row["vevent"] for row in await connection.fetch("SELECT vevent FROM todos ORDER BY id")]
    finally:
        await connection.close()


async def set_events(database_url: str, value: str, where: str = "true") -> None:
    """What no client can do, and neither can psql unless it means to."""
    await execute(
        database_url,
        "ALTER TABLE todos DISABLE TRIGGER store_vevent",
        f"UPDATE todos SET vevent = {value} WHERE {where}",
        "ALTER TABLE todos ENABLE TRIGGER store_vevent",
    )


async def made(sessions: Sessions, settings: Settings, task: str) -> Claim:
    async with Runtime(sessions, settings).attempt(UUID(task)) as held:
        assert held is not None
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    return held


async def calendar(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, **options: Any
) -> tuple[bytes, dict[str, Any]]:
    """The file, and what the status says of it."""
    task = (await client.post("/todos/ical", json=options)).json()
    await made(sessions, settings, task["task_id"])
    status = (await client.get(task["task_url"])).json()
    return (await client.get(status["result_url"])).content, status


async def test_nobody_can_make_one_stale(client: httpx.AsyncClient, database_url: str) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2030-01-02T10:00:00"})
    (before,) = await stored(database_url)
    await execute(database_url, "UPDATE todos SET vevent = 'x'")
    assert await stored(database_url) == [before]
    await client.patch("/todos/1", json={"title": "Buy bread"})
    (after,) = await stored(database_url)
    assert before is not None
    assert after is not None
    assert after.replace(b"SEQUENCE:1", b"SEQUENCE:0").split(b"\r\n")[2] == before.split(b"\r\n")[2]
    assert b"SUMMARY:Buy bread\r\n" in after
    await client.patch("/todos/1", json={"deadline_at": None})
    assert await stored(database_url) == [b""]


@pytest.mark.parametrize(
    "members",
    [
        "deadline_at = 'infinity'",
        "deadline_local = '0044-03-15 BC'",
        "deadline_local = '2030-01-01', created_at = '12345-01-01'",
    ],
)
async def test_of_a_year_that_no_calendar_has_nothing_is_stored(
    client: httpx.AsyncClient, database_url: str, members: str
) -> None:
    await client.post("/todos", json={"title": "Buy milk"})
    await execute(database_url, f"UPDATE todos SET {members}")
    assert await stored(database_url) == [None]


async def test_what_is_longer_than_clients_may_send_is_written_when_it_is_wanted(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, database_url: str
) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2030-01-02"})
    await execute(database_url, "UPDATE todos SET description = repeat('é', 5000)")
    assert await stored(database_url) == [None]
    file, _ = await calendar(client, sessions, settings)
    assert file.replace(b"\r\n ", b"").decode().count("é") == 5000


async def test_a_calendar_is_made_of_them(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, database_url: str
) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2030-01-02"})
    await set_events(database_url, "'STORED'")
    assert b"STORED" in (await calendar(client, sessions, settings))[0]


@pytest.mark.parametrize("options", [{"alarm": 5}, {"timezone": "Europe/Oslo"}, {"component": "both"}])
async def test_a_calendar_with_options_of_its_own_is_not(
    client: httpx.AsyncClient,
    sessions: Sessions,
    settings: Settings,
    database_url: str,
    options: dict[str, Any],
) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2030-01-02"})
    await set_events(database_url, "'STORED'")
    file, _ = await calendar(client, sessions, settings, **options)
    assert b"STORED" not in file
    assert b"SUMMARY:Buy milk" in file


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({}, "id % 1000 = 999"),
        ({}, "id < 4100"),
        ({}, "true"),
        ({"completed": True, "window": 36_500}, "id = 8"),
    ],
)
async def test_todos_that_are_older_than_their_events_are_in_the_file_as_well(
    client: httpx.AsyncClient,
    sessions: Sessions,
    settings: Settings,
    database_url: str,
    options: dict[str, Any],
    missing: str,
) -> None:
    await execute(database_url, MANY)
    file, status = await calendar(client, sessions, settings, **options)
    await set_events(database_url, "NULL", missing)
    again, status_again = await calendar(client, sessions, settings, **options)
    assert again == file
    for key in ("todos", "skipped", "bytes"):
        assert status_again[key] == status[key]


async def test_where_none_is_stored_they_are_asked_for_once_in_a_page_of_them(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, database_url: str
) -> None:
    await execute(database_url, MANY)
    await set_events(database_url, "NULL")
    with statements() as seen:
        await calendar(client, sessions, settings)
    pages = [sql for sql in seen if "FROM todos" in sql and "ORDER BY todos.id" in sql]
    assert ["string_agg" in sql for sql in pages] == [True, *[False] * 8, True, False, False]


@pytest.mark.parametrize(
    ("options", "todos"), [({}, 4500), ({"component": "todo"}, 4500), ({"alarm": 5, "completed": True}, 2250)]
)
async def test_progress_is_measured_by_what_is_wanted(
    client: httpx.AsyncClient,
    sessions: Sessions,
    settings: Settings,
    database_url: str,
    options: dict[str, Any],
    todos: int,
) -> None:
    await execute(database_url, MANY)
    task = (await client.post("/todos/ical", json=options)).json()["task_id"]
    held = await made(sessions, settings, task)
    assert (held.progress.done, held.progress.total) == (todos, todos)
