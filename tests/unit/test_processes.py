"""How the tests tell that a process has ended."""

import os
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from tests.support.processes import gone


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "infinity"]) as started:
        yield started
        started.kill()


def test_one_that_runs_is_not_gone(child: subprocess.Popen[bytes]) -> None:
    assert not gone([psutil.Process(child.pid)])


def test_one_that_nobody_has_reaped_is_gone(child: subprocess.Popen[bytes]) -> None:
    process = psutil.Process(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert gone([process])


def test_one_that_is_reaped_during_the_look_is_gone(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = psutil.Process(child.pid)

    def still_running() -> bool:
        child.kill()
        child.wait()
        return True

    monkeypatch.setattr(process, "is_running", still_running)
    assert gone([process])
