"""``taskoverflow jobs watch``, on a terminal and in a pipe."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from app.cli.local.postgres import Postgres
from app.cli.local.sandbox import sandbox
from app.cli.local.server import start
from tests.support import databases
from tests.support.processes import COMMAND
from tests.support.terminal import terminal
from tests.support.waiting import wait_until

WATCH = (*COMMAND, "jobs", "watch", "--interval", "0.1")
JOB = "aaaa0000-0000-4000-8000-000000000001"
WAITS = f"""
    INSERT INTO jobs (id, owner_id, options, state, run_at, error) VALUES ('{JOB}', gen_random_uuid(), '{{}}',
    'RETRY', now() - interval '10 min', E'[red]bad[/red] \\x1b[2J')
"""


@pytest.fixture
def postgres(tmp_path: Path) -> Postgres:
    """A server of its own, which the test may stop."""
    server = Postgres(tmp_path, sandbox(), durable=False)
    server.prepare()
    return server


def environment(database_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "TASKOVERFLOW_DATABASE_URL": database_url,
        "TASKOVERFLOW_BROKER_URL": "redis://127.0.0.1:1",  # watching needs none
    }


async def test_a_terminal_shows_how_things_stand_through_a_restart_of_postgres(postgres: Postgres) -> None:
    running = start(postgres)
    try:
        assert databases.migrate(postgres.url, "upgrade").returncode == 0
        with terminal(WATCH, environment(postgres.url), columns=120) as screen:
            screen.wait_for("nothing waits")
            await databases.execute(postgres.url, WAITS)
            screen.wait_for(JOB)
            seen = screen.text()
            assert "the oldest waits 10 min" in seen
            assert "PENDING 0   STARTED 0   RETRY 1   SUCCESS 0   FAILURE 0   REVOKED 0" in seen
            assert "waits 10 min   [red]bad[/red] \\x1b[2J" in seen
            running.stop()
            screen.wait_for("Postgres can't be reached")
            assert screen.text().strip() == "Postgres can't be reached"
            running = start(postgres)
            screen.wait_for(JOB)
            screen.press_ctrl_c()
            assert screen.wait() == 0
            assert "Traceback" not in screen.text()
            assert not screen.screen.cursor.hidden
    finally:
        running.stop()


async def test_a_watch_that_is_terminated_leaves_the_terminal_as_it_was(database_url: str) -> None:
    with terminal(WATCH, environment(database_url)) as screen:
        screen.wait_for("nothing waits")
        wait_until(lambda: screen.screen.cursor.hidden, "a screen without a cursor")
        screen.process.terminate()
        assert screen.wait() == 0
        assert not screen.screen.cursor.hidden
        assert "Traceback" not in screen.text()


async def test_a_pipe_gets_a_line_for_each_look(database_url: str) -> None:
    await databases.execute(database_url, WAITS)
    with subprocess.Popen(
        WATCH, env=environment(database_url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert (process.wait(), process.stderr.read()) == (0, "")
    for line in lines:
        assert " pending=0 started=0 retry=1 success=0 failure=0 revoked=0 oldest_waits=60" in line


async def test_whoever_reads_the_pipe_may_go_away(database_url: str) -> None:
    with subprocess.Popen(
        WATCH, env=environment(database_url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait()
        assert process.stderr.read() == ""
