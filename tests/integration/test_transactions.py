"""How long the API keeps what it locks."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import PostgresDsn
from sqlalchemy import Connection, Engine, text

from app.storage.database import Sessions, is_unreachable, open_engine, open_sessions
from tests.support.statements import driver_statements, listening
from tests.support.waiting import until

SHOW = "SHOW idle_in_transaction_session_timeout"


def in_transaction(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    found: bool = driver.is_in_transaction()
    return found


async def test_a_write_of_one_statement_leaves_no_transaction_open(client: httpx.AsyncClient) -> None:
    left: list[tuple[str, bool]] = []

    def note(connection: Connection, _: object, statement: str, *_more: object) -> None:
        verb = "INSERT" if statement.startswith("WITH") else statement.split(maxsplit=1)[0]
        if verb != "SELECT":
            left.append((verb, in_transaction(connection)))

    with listening(Engine, "after_cursor_execute", note):
        todo = (await client.post("/todos", json={"title": "a"})).headers["location"]
        assert (await client.patch(todo, json={"title": "b"})).status_code == 200
        assert (await client.delete(todo)).status_code == 200
    assert left == [("INSERT", False), ("UPDATE", False), ("DELETE", False)]


async def test_the_api_is_given_up_on_soon_when_it_is_stopped_within_a_transaction(
    client: httpx.AsyncClient,
) -> None:
    shown: set[str] = set()

    def show(connection: Connection, _: object, statement: str, *_more: object) -> None:
        if statement != SHOW:
            shown.add(connection.exec_driver_sql(SHOW).scalar_one())

    with listening(Engine, "after_cursor_execute", show):
        assert (await client.get("/todos")).status_code == 200
        assert (await client.get("/todos/ical")).status_code == 200
    assert shown == {"5s"}


async def test_after_a_statement_of_its_own_a_connection_has_transactions_again(database_url: str) -> None:
    engine = open_engine(PostgresDsn(database_url), pool_size=1, name="tests")
    sessions = open_sessions(engine)
    async with sessions.at_once() as session:
        (await session.execute(text("SELECT 1"))).one()
        assert not await session.run_sync(in_transaction)
    async with sessions.begin() as session:
        (await session.execute(text("SELECT 1"))).one()
        assert await session.run_sync(in_transaction)
    await engine.dispose()


async def test_what_goes_to_the_driver_is_kept_at_once(database_url: str, sessions: Sessions) -> None:
    engine = open_engine(PostgresDsn(database_url), pool_size=1, name="tests")
    lent = open_sessions(engine)
    async with lent.directly() as connection:
        await connection.execute("INSERT INTO todo_totals (owner_id, todos) VALUES (gen_random_uuid(), 7)")
        async with sessions.begin() as other:
            assert (await other.execute(text("SELECT todos FROM todo_totals"))).scalars().all() == [7]
    async with lent.begin() as session:
        (await session.execute(text("SELECT 1"))).one()
        assert await session.run_sync(in_transaction)
    await engine.dispose()


async def test_a_connection_whose_driver_failed_is_asked_before_its_next_use(database_url: str) -> None:
    trusting = timedelta(hours=1)
    engine = open_engine(PostgresDsn(database_url), pool_size=1, name="tests", trust=trusting)
    sessions = open_sessions(engine)
    with driver_statements() as seen:
        for wrong in (False, True):
            with pytest.raises(asyncpg.PostgresSyntaxError) if wrong else nullcontext():
                async with sessions.directly() as connection:
                    await connection.fetch("nonsense" if wrong else "SELECT 2")
        async with sessions.directly() as connection:
            await connection.fetch("SELECT 3")
        await engine.dispose()  # the driver tells of a statement a little later
    asked = [statement for statement in seen if statement.startswith("SELECT ")]
    assert asked == ["SELECT 2", "SELECT 1", "SELECT 3"]


async def think_for_too_long(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()

        async def gone() -> bool:
            async with sessions.begin() as other:
                query = text("SELECT FROM pg_stat_activity WHERE pid = :pid")
                return (await other.execute(query, {"pid": pid})).one_or_none() is None

        await until(gone, "the end of the idle connection")
        await session.execute(text("SELECT 1"))


async def test_a_transaction_that_thought_for_too_long_may_be_tried_again(sessions: Sessions) -> None:
    with pytest.raises(Exception, match=r".+") as raised:
        await think_for_too_long(sessions)
    assert is_unreachable(raised.value), repr(raised.value)
