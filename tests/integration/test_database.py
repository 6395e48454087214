"""What Postgres says when it will not answer now."""

from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import PostgresDsn
from sqlalchemy import text

from app.storage.database import is_unreachable, open_engine
from tests.support import databases


async def first_error(url: str) -> Exception:
    engine = open_engine(PostgresDsn(url), pool_size=1, name="tests")
    with pytest.raises(Exception, match=r".+") as raised:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1 FROM nowhere"))
    await engine.dispose()
    return raised.value


async def test_a_server_that_takes_no_more_connections_is_unreachable(database_url: str) -> None:
    await databases.execute(database_url, "CREATE ROLE crowded LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
    parts = urlsplit(database_url)
    crowded = urlunsplit(parts._replace(netloc=f"crowded:x@{parts.hostname}:{parts.port}"))
    error = await first_error(crowded)
    await databases.execute(database_url, "DROP ROLE crowded")
    assert "too many connections" in str(error)
    assert is_unreachable(error)


async def test_a_wrong_statement_is_no_outage(database_url: str) -> None:
    assert not is_unreachable(await first_error(database_url))
