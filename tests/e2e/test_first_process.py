"""Commands as the first process of a container, which a signal without a handler does not reach."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from app.cli.local.ports import free_port
from tests.support import databases
from tests.support.asking import held_up, tally
from tests.support.parts import lacking
from tests.support.processes import COMMAND
from tests.support.waiting import until, wait_until

A_JOB = (
    "INSERT INTO jobs (id, owner_id, options, ring_at)"
    " VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', '{}', now())"
)
ALONE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc")


class FirstProcess:
    """A command with a PID namespace of its own, from the moment that it is pid 1 there."""

    def __init__(self, argv: tuple[str, ...], log: Path, **environment: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.outer = subprocess.Popen(
                [*ALONE, *argv], env={**os.environ, **environment}, stdout=output, stderr=output
            )
        self.inner = wait_until(self._find, "a process in its namespace")

    def _find(self) -> psutil.Process | None:
        assert self.outer.poll() is None, self.log.read_text()
        for child in psutil.Process(self.outer.pid).children():
            with suppress(psutil.Error):  # it may have ended since it was seen
                if "app.cli" in " ".join(child.cmdline()):
                    return child
        return None

    def stop(self) -> int:
        """As a container's runtime does; the exit code."""
        self.inner.send_signal(signal.SIGTERM)
        return self.outer.wait(timeout=60)


@contextmanager
def first_process(log: Path, *arguments: str, **environment: str) -> Iterator[FirstProcess]:
    if shutil.which("unshare") is None or subprocess.run([*ALONE, "true"], check=False).returncode:
        lacking("user and PID namespaces are not to be had here")
    started = FirstProcess((*COMMAND, *arguments), log, **environment)
    try:
        yield started
    finally:
        started.outer.kill()
        started.outer.wait()


@pytest.fixture
def environment(database_url: str, broker_url: str) -> dict[str, str]:
    return {
        "TASKOVERFLOW_DATABASE_URL": database_url,
        "TASKOVERFLOW_BROKER_URL": broker_url,
        "TASKOVERFLOW_PORT": str(free_port()),
    }


@pytest.mark.parametrize(("command", "processes"), [("api", "1"), ("api", "2"), ("worker", "1")])
def test_a_signal_that_comes_while_it_starts_is_not_lost(
    command: str, processes: str, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["TASKOVERFLOW_API_PROCESSES"] = processes
    with first_process(tmp_path / "log", command, **environment) as process:
        # From here on Python runs our own code, which has nearly all of its start before it.
        wait_until(lambda: blocks_sigterm(process.inner.pid), "the first thing that the command does")
        assert process.stop() == 0, process.log.read_text()


def blocks_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")]
    return bool(int(mask, 16) & 1 << (signal.SIGTERM - 1))


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_api_that_runs_stops(processes: str, environment: dict[str, str], tmp_path: Path) -> None:
    environment["TASKOVERFLOW_API_PROCESSES"] = processes
    url = f"http://127.0.0.1:{environment['TASKOVERFLOW_PORT']}/healthz"

    def answers() -> bool:
        try:
            return httpx.get(url, trust_env=False).is_success
        except httpx.TransportError:
            return False

    with first_process(tmp_path / "log", "api", **environment) as process:
        wait_until(answers, "the API")
        assert process.stop() == 0, process.log.read_text()


async def test_a_worker_drains(environment: dict[str, str], database_url: str, tmp_path: Path) -> None:
    async def started() -> bool:
        return await tally(database_url) == {("STARTED", 1): 1}

    hurry = {"TASKOVERFLOW_DRAIN_SECONDS": "0.5", "TASKOVERFLOW_SWEEP_INTERVAL": "0.1"}
    with first_process(tmp_path / "log", "worker", **environment, **hurry) as process:
        async with held_up(database_url):
            await databases.execute(database_url, A_JOB)
            await until(started, "an attempt")
            assert process.stop() == 0
    assert await tally(database_url) == {("RETRY", 1): 1}
    events = ("worker_draining", "attempt_given_back", "worker_stopped")
    assert [event in process.log.read_text() for event in events] == [True] * 3


async def test_a_migration_that_waits_for_its_turn_stops(
    environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    another = await asyncpg.connect(database_url)
    try:
        await another.execute("SELECT pg_advisory_lock(x'6D696772617465'::bigint)")

        async def waits() -> bool:
            asked = (
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%'"
                " AND datname = current_database() AND application_name = 'taskoverflow-migrate'"
            )
            return bool(await another.fetchval(asked))

        with first_process(tmp_path / "log", "migrate", "upgrade", **environment) as process:
            await until(waits, "the migration's question")
            assert process.stop() == 128 + signal.SIGTERM
    finally:
        await another.close()
