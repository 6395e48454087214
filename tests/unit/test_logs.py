"""What a log shows of an error."""

import json
import subprocess
import sys

import pytest

FAILING = """
import structlog
from app.logs import configure_logs
configure_logs({kind!r})
def connect(password):
    raise ValueError("refused")
try:
    connect("hunter" + "2")
except ValueError:
    structlog.get_logger("x").exception("it_failed", job_id="7")
"""


def logged(kind: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", FAILING.format(kind=kind)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("kind", ["console", "json"])
def test_a_traceback_shows_no_local_variables(kind: str) -> None:
    text = logged(kind)
    assert "ValueError: refused" in text
    assert "hunter2" not in text


def test_json_is_an_object_a_line() -> None:
    (line,) = logged("json").splitlines()
    event = json.loads(line)
    assert (event["event"], event["job_id"], event["level"]) == ("it_failed", "7", "error")
