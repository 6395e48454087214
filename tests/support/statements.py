"""What Postgres is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery
from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.pool import Pool


@contextmanager
def listening(target: type, name: str, listener: Callable[..., Any]) -> Iterator[None]:
    """Tell the listener of an event of all of SQLAlchemy's engines or pools."""
    event.listen(target, name, listener)
    try:
        yield
    finally:
        event.remove(target, name, listener)


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that it is asked meanwhile, with whatever engine."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    with listening(Engine, "before_cursor_execute", note):
        yield seen


@contextmanager
def driver_statements() -> Iterator[list[str]]:
    """The same, of what the driver is asked: by SQLAlchemy, or without it."""
    seen: list[str] = []
    heard: set[asyncpg.Connection] = set()

    def note(query: LoggedQuery) -> None:
        seen.append(query.query)

    def hear(connection: PoolProxiedConnection, *_more: object) -> None:
        driver: asyncpg.Connection = connection.driver_connection
        driver.add_query_logger(note)  # it is a set of these
        heard.add(driver)

    try:
        with listening(Pool, "checkout", hear):
            yield seen
    finally:
        for driver in heard:
            driver.remove_query_logger(note)
