"""Each command says in one line what it can't work with."""

import os
import subprocess

import pytest

from app.cli.local.servers import Servers
from app.storage.migrations import expected_head
from tests.support import databases
from tests.support.processes import COMMAND


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", ["api", "worker"])
def test_a_missing_setting_is_named(command: str) -> None:
    done = run(command, TASKOVERFLOW_BROKER_URL="redis://localhost")
    assert (done.returncode, done.stderr) == (2, "TASKOVERFLOW_DATABASE_URL: is not set\n")


def test_a_wrong_setting_is_named_with_what_was_expected() -> None:
    done = run("up", TASKOVERFLOW_PORT="many")
    assert done.returncode == 2
    assert done.stderr.startswith("TASKOVERFLOW_PORT: Input should be a valid integer")


def test_migrating_a_server_that_is_not_there_is_one_line() -> None:
    done = run("migrate", "upgrade", TASKOVERFLOW_DATABASE_URL="postgresql://127.0.0.1:1/x")
    assert done.returncode == 1
    assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: Postgres can't be reached")
    assert len(done.stderr.splitlines()) == 1


async def test_current_tells_the_migration(servers: Servers) -> None:
    async with databases.database(servers.database_url) as url:
        assert databases.migrate(url, "current").stdout.strip() == f"{expected_head()} (head)"


def test_importing_without_a_service_is_one_line() -> None:
    done = run("todos", "import", "docs/sample/todos.csv", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("stopped at line 2: can't reach http://127.0.0.1:1")
    assert len(done.stderr.splitlines()) == 1
