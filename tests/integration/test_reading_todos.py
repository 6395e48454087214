"""What it takes to read the todos of a calendar."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text

from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.domain.todos import TodoFilter
from app.settings import Settings
from app.storage import calendar_todos
from app.storage.calendar_todos import Chosen
from app.storage.database import Sessions
from tests.support.jobs import NO_LIMIT, a_job, read, run
from tests.support.statements import statements
from tests.support.todos import NOW
from workers.calendars import make_calendar
from workers.runtime import Runtime

TODOS = text(
    "INSERT INTO todos (owner_id, title, completed, deadline_at)"
    " SELECT :owner, 'todo ' || n, false, timestamptz '2030-01-01' + n * interval '1 minute'"
    " FROM generate_series(1, :count) n"
)


async def add(sessions: Sessions, owner: UUID, count: int) -> None:
    async with sessions.begin() as session:
        await session.execute(TODOS, {"owner": owner, "count": count})


async def test_a_short_calendar_takes_four_statements(sessions: Sessions, settings: Settings) -> None:
    await add(sessions, BUILT_IN_OWNER, 10)
    job = await a_job(sessions)
    with statements() as seen:
        await run(sessions, settings, str(job))
    # Claim, todos, file, SUCCESS.
    assert [statement.split()[0] for statement in seen] == ["WITH", "SELECT", "INSERT", "WITH"]


async def test_todos_that_have_become_too_many_since_the_claim_are_all_there(
    sessions: Sessions, settings: Settings
) -> None:
    job = await a_job(sessions)
    async with Runtime(sessions, settings).attempt(job) as held:
        assert held is not None
        await add(sessions, BUILT_IN_OWNER, 4500)
        await make_calendar(sessions, held, timezone="UTC", max_bytes=NO_LIMIT)
    counts = (await read(sessions, job)).counts
    assert counts is not None
    assert counts.todos == 4500


@pytest.mark.parametrize("wanted", [TodoFilter(), TodoFilter(completed=False), TodoFilter(window=3)])
async def test_a_plan_that_is_kept_for_any_page_reads_nobody_elses_todos(
    sessions: Sessions, wanted: TodoFilter
) -> None:
    others, mine = uuid4(), uuid4()
    await add(sessions, others, 20_000)
    await add(sessions, mine, 100)
    chosen = Chosen(owner=OwnerId(mine), wanted=wanted, timezone="UTC", now=NOW)
    asked: list[str] = []
    async with sessions.begin() as session:
        await session.execute(text("ANALYZE todos"))

        def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
            asked.append(statement)

        event.listen(session.sync_connection, "before_cursor_execute", note)
        await calendar_todos.events(session, chosen, after=0, limit=4000)
        event.remove(session.sync_connection, "before_cursor_execute", note)
        (statement,) = asked
        await session.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        await session.exec_driver_sql(f"PREPARE kept AS {statement}")
        nulls = ", ".join(["NULL"] * max(n for n in range(1, 9) if f"${n}" in statement))
        plan = "\n".join((await session.exec_driver_sql(f"EXPLAIN EXECUTE kept({nulls})")).scalars())
    assert "using todos_owner_id_idx" in plan
