"""``taskoverflow jobs`` as an operator runs it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis

from app.cli.local import running
from app.cli.local.servers import Servers
from app.domain.jobs import JOB_VERSION
from app.queue.messages import RenderCalendar
from tests.support import databases
from tests.support.processes import run_command

OWNER = "00000000-0000-0000-0000-00000000002a"
FAILED = "aaaa0000-0000-4000-8000-000000000001"
WAITS = "aaab0000-0000-4000-8000-000000000002"
RETRIES = "bbbb0000-0000-4000-8000-000000000003"

FILL = f"""
    INSERT INTO jobs (id, owner_id, options, state, attempt, created_at, run_at, started_at, finished_at, error)
    VALUES
    ('{FAILED}', '{OWNER}', '{{"name": "[bold]A\\u001b[31m[/bold]"}}', 'FAILURE', 2,
      now() - interval '3 hours', now(), now() - interval '61 s', now() - interval '1 s', E'[red]bad[/red]\\n\\x1b]0;x'),
    ('{WAITS}', '{OWNER}', '{{}}', 'PENDING', 0,
      now() - interval '10 min', now() - interval '10 min', NULL, NULL, NULL),
    ('{RETRIES}', '{OWNER}', '{{}}', 'RETRY', 1, now() - interval '5 min', now() + interval '3 h', now(), NULL, 'x');
    INSERT INTO job_events (job_id, attempt, kind, detail, at) SELECT id, 1, 'claimed', 'host:1', created_at
      + interval '2 s' FROM jobs WHERE id = '{FAILED}';
    INSERT INTO job_events (job_id, attempt, kind, detail) VALUES ('{FAILED}', 2, 'of_tomorrow', E'\\x1b[2J');
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command("jobs", *arguments, **environment)


@pytest.fixture
async def jobs(database_url: str, broker_url: str) -> Run:
    await databases.execute(database_url, FILL)

    def run_here(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        here = {"TASKOVERFLOW_DATABASE_URL": database_url, "TASKOVERFLOW_BROKER_URL": broker_url}
        return run(*arguments, **{**here, **environment})

    return run_here


def rung(broker_url: str) -> int:
    with Redis.from_url(broker_url) as redis:
        return int(redis.llen(f"dramatiq:{RenderCalendar.queue}"))


def test_a_list_in_a_pipe_is_aligned_and_newest_first(jobs: Run) -> None:
    done = jobs("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "ID                                    STATE    ATTEMPT  AGE     TIME          ERROR",
        f"{RETRIES}  RETRY    1        5 min   due in 3 h    x",
        f"{WAITS}  PENDING  0        10 min  waits 10 min",
        f"{FAILED}  FAILURE  2        3 h     took 60 s     [red]bad[/red] \\x1b]0;x",
    ]


def test_a_list_as_json_has_everything_and_can_be_filtered(jobs: Run) -> None:
    done = jobs("list", "--json", "--state", "failure", "--state", "PENDING")
    waits, failed = map(json.loads, done.stdout.splitlines())
    assert (waits["id"], waits["state"], waits["started_at"]) == (WAITS, "PENDING", None)
    assert (failed["owner"], failed["attempt"], failed["error"]) == (OWNER, 2, "[red]bad[/red]\n\x1b]0;x")
    assert "\x1b" not in done.stdout
    assert len(jobs("list", "--limit", "1").stdout.splitlines()) == 2


def test_a_job_is_shown_with_its_timeline(jobs: Run) -> None:
    done = jobs("show", FAILED[:6])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"job       {FAILED}"
    assert "options   component=event, name=[bold]A\\x1b[31m[/bold]" in lines
    assert "error     [red]bad[/red] \\x1b]0;x" in lines
    assert "version   1" in lines
    cells = [line.split(" UTC  ")[1] for line in lines[-3:]]
    assert cells[0] == "0.00 s       0        accepted"
    assert cells[1] == "2.0 s        1        claimed      host:1"
    assert cells[2] == "3 h          2        of tomorrow  \\x1b[2J"
    told = json.loads(jobs("show", "--json", FAILED).stdout)
    assert told["options"]["name"] == "[bold]A\x1b[31m[/bold]"
    assert [(event["attempt"], event["kind"]) for event in told["events"]] == [
        (1, "claimed"),
        (2, "of_tomorrow"),
    ]


async def test_a_job_that_no_worker_of_this_release_can_make_says_so(jobs: Run, database_url: str) -> None:
    await databases.execute(database_url, f"UPDATE jobs SET version = 7 WHERE id = '{WAITS}'")
    shown = jobs("show", WAITS).stdout.splitlines()
    assert f"version      7, which takes newer workers than this release's ({JOB_VERSION})" in shown


@pytest.mark.parametrize(
    ("command", "reference", "line"),
    [
        (
            "show",
            "aaaa0000-0000-4000-8000-000000000009",
            "There is no job aaaa0000-0000-4000-8000-000000000009",
        ),
        ("cancel", "aaa", "aaa is no job's id, nor the first 4 or more of its digits"),
        ("retry", "\x1b[2J", "\\x1b[2J is no job's id, nor the first 4 or more of its digits"),
    ],
)
def test_a_job_that_is_not_there_is_one_line(jobs: Run, command: str, reference: str, line: str) -> None:
    done = jobs(command, reference)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line + "\n")


def test_each_job_is_cancelled_and_the_one_that_cannot_be_is_said(jobs: Run) -> None:
    done = jobs("cancel", WAITS, FAILED, RETRIES, TASKOVERFLOW_BROKER_URL="redis://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [f"{WAITS} is cancelled", f"{RETRIES} is cancelled"]
    assert done.stderr == f"{FAILED} has ended as FAILURE, which never changes\n"
    again = jobs("cancel", WAITS)
    assert (again.returncode, again.stdout) == (0, f"{WAITS} was cancelled before\n")


def test_jobs_are_retried_and_the_new_id_is_printed(jobs: Run, broker_url: str) -> None:
    done = jobs("retry", RETRIES, FAILED, WAITS)
    assert done.returncode == 1
    runs, copied = done.stdout.splitlines()
    assert runs == f"{RETRIES} runs now"
    new = copied.removeprefix(f"{FAILED} stays as it ended; ").removesuffix(" runs in its place")
    assert jobs("show", str(UUID(new))).returncode == 0
    assert done.stderr == f"{WAITS} waits for a worker already; redrive rings for it again\n"
    assert rung(broker_url) == 2


def test_without_a_broker_a_retry_stands_and_redrive_says_so(jobs: Run) -> None:
    nowhere = {"TASKOVERFLOW_BROKER_URL": "redis://127.0.0.1:1"}
    done = jobs("retry", RETRIES, **nowhere)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{RETRIES} runs now; the broker can't be reached (")
    assert done.stdout.endswith("), so the sweeper will ring\n")
    done = jobs("redrive", **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("TASKOVERFLOW_BROKER_URL: the broker can't be reached: ")
    assert len(done.stderr.splitlines()) == 1


def test_redrive_counts(jobs: Run, broker_url: str) -> None:
    assert jobs("redrive").stdout == "jobs rung for: 1, dead letters put back: 0\n"
    assert jobs("redrive", "--older-than", "3600").stdout == "jobs rung for: 0, dead letters put back: 0\n"
    assert rung(broker_url) == 1


@pytest.mark.parametrize("command", [["list"], ["retry", "abcd"], ["watch"]])
def test_a_database_that_is_not_there_is_one_line(command: list[str]) -> None:
    nowhere = {
        "TASKOVERFLOW_DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "TASKOVERFLOW_BROKER_URL": "redis://127.0.0.1:1",
    }
    done = run(*command, **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: Postgres can't be reached: ")
    assert len(done.stderr.splitlines()) == 1


async def test_a_database_that_is_not_migrated_or_not_ours_is_one_line(servers: Servers) -> None:
    broker = {"TASKOVERFLOW_BROKER_URL": servers.broker_url}
    async with databases.database(servers.database_url, "template1") as url:
        done = run("list", TASKOVERFLOW_DATABASE_URL=url, **broker)
    assert (done.returncode, done.stderr) == (
        1,
        "The database is not migrated, or not far enough: run `taskoverflow migrate upgrade`\n",
    )
    for wrong in (
        databases.named(servers.database_url, "none"),
        servers.database_url.replace("taskoverflow:", "x:", 1),
    ):
        done = run("list", TASKOVERFLOW_DATABASE_URL=wrong, **broker)
        assert done.returncode == 1
        assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: Postgres refuses: ")
        assert len(done.stderr.splitlines()) == 1


def test_without_settings_and_without_up_both_are_said(tmp_path: Path) -> None:
    done = run("list", TASKOVERFLOW_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "TASKOVERFLOW_DATABASE_URL: is not set",
            "TASKOVERFLOW_BROKER_URL: is not set",
            f"No `taskoverflow up` runs on the data folder {tmp_path} either",
        ],
    )


def test_the_broker_of_an_up_is_not_taken_for_another_database(tmp_path: Path) -> None:
    running.tell(tmp_path, "postgresql://127.0.0.1:1/x", "redis://127.0.0.1:1/0")
    done = run(
        "list", TASKOVERFLOW_DATA_DIR=str(tmp_path), TASKOVERFLOW_DATABASE_URL="postgresql://elsewhere/x"
    )
    assert (done.returncode, done.stderr) == (2, "TASKOVERFLOW_BROKER_URL: is not set\n")
    done = run(
        "list", TASKOVERFLOW_DATA_DIR=str(tmp_path), TASKOVERFLOW_DATABASE_URL="postgresql://127.0.0.1:1/x"
    )
    assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: Postgres can't be reached")


def test_what_up_tells_is_for_its_owner_alone_and_not_believed_once_it_is_dead(tmp_path: Path) -> None:
    (tmp_path / "running.json.new").touch(mode=0o666)
    running.tell(tmp_path, "postgresql://x/x", "redis://x/0")
    file = tmp_path / "running.json"
    assert file.stat().st_mode & 0o777 == 0o600
    found = running.read(tmp_path)
    assert found is not None
    dead = subprocess.Popen(["true"])
    dead.wait()
    file.write_text(
        json.dumps({"pid": dead.pid, "database_url": "postgresql://x/x", "broker_url": "redis://x/0"})
    )
    assert running.read(tmp_path) is None
    running.forget(tmp_path)
    running.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []
