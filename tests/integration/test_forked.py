"""Forks stand in for starts in other tests only as long as nobody could tell them apart."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.forked import Forked, is_forkable
from tests.support.processes import COMMAND, run_command, service
from tests.support.waiting import wait_until


@pytest.mark.parametrize("arguments", [("worker",), ("jobs", "list", "--state", "none")])
def test_a_fork_says_what_a_start_says_and_ends_so(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKOVERFLOW_PORT", "many")
    started = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)

    forked = run_command(*arguments)

    assert forked.returncode == started.returncode == 2
    assert (forked.stdout, forked.stderr) == (started.stdout, started.stderr)
    assert forked.stderr


def test_a_fork_is_signalled_and_waited_for_as_any_process(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    with service(database_url, broker_url, tmp_path) as running:
        first, second = running.start("worker"), running.start("worker")
        assert isinstance(first, Forked)
        wait_until(lambda: "worker_ready" in running.log_of(first), "the first worker")
        assert first.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(timeout=0)
        first.terminate()
        second.kill()
        assert (first.wait(), second.wait()) == (0, -signal.SIGKILL)
        assert (first.poll(), second.poll()) == (0, -signal.SIGKILL)
        # Nothing of them is left that could be taken for them.
        for process in (first, second):
            with pytest.raises(ProcessLookupError):
                os.kill(process.pid, 0)


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_PRELOAD", "OTEL_TRACES_EXPORTER", "ECS_AGENT_URI"])
def test_what_is_loaded_for_others_is_not_forked_for_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name, raising=False)
    usual = {**os.environ, "TASKOVERFLOW_PORT": "1", "dramatiq_restart_delay": "1"}

    assert is_forkable("worker", usual)
    assert not is_forkable("worker", {**usual, name: "x"})
