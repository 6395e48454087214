"""What a log shows of an error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import terminal

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


def test_a_line_that_can_not_be_written_stops_nobody() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-c", FAILING.format(kind="json") + "print('went on')"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "went on\n"


@pytest.mark.parametrize("kind", ["console", "json"])
def test_a_traceback_shows_no_local_variables(kind: str) -> None:
    text = logged(kind)
    assert "ValueError: refused" in text
    assert "hunter2" not in text


def test_json_is_an_object_a_line() -> None:
    (line,) = logged("json").splitlines()
    event = json.loads(line)
    assert (event["event"], event["job_id"], event["level"]) == ("it_failed", "7", "error")


def test_what_json_does_not_know_is_told_all_the_same() -> None:
    telling = FAILING.replace('connect("hunter" + "2")', "raise ValueError").replace(
        'job_id="7"', "text='\u00e6\u00f8\u00e5', data=b'\\xff', where=object"
    )
    command = [sys.executable, "-c", telling.format(kind="json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    event = json.loads(done.stderr)
    assert (event["text"], event["data"], event["where"]) == ("æøå", "b'\\xff'", "<class 'object'>")


@pytest.mark.parametrize(("kind", "is_json"), [("auto", True), ("json", True), ("console", False)])
def test_what_is_no_terminal_gets_json_unless_it_is_told_otherwise(kind: str, is_json: bool) -> None:  # noqa: FBT001
    assert logged(kind).startswith('{"') is is_json


def test_a_terminal_gets_lines_for_people() -> None:
    command = [sys.executable, "-c", FAILING.format(kind="auto")]
    with terminal(command, dict(os.environ)) as screen:
        assert screen.wait() == 0
        text = screen.text()
    assert "it_failed" in text
    assert "ValueError: refused" in text
    assert not text.startswith("{")


LEVELS = """
import logging, structlog
from app.logs import configure_logs
configure_logs("json", {level!r})
structlog.contextvars.bind_contextvars(request_id="7")
for name in ("app.x", "sqlalchemy.engine.Engine", "botocore.endpoint"):
    for level in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(name), level)(level)
logging.getLogger("uvicorn.error").error("theirs")
"""


@pytest.mark.parametrize(
    ("level", "ours", "libraries"),
    [
        ("debug", ["debug", "info", "warning", "error"], ["info", "warning", "error"]),
        ("info", ["info", "warning", "error"], ["info", "warning", "error"]),
        ("error", ["error"], ["error"]),
    ],
)
def test_levels(level: str, ours: list[str], libraries: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEVELS.format(level=level)], capture_output=True, text=True, check=True
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]
    said: dict[str, list[str]] = {}
    for event in events:
        said.setdefault(event["logger"], []).append(event["event"])
    # Libraries write down what they send when they are asked for all: passwords, and todos.
    assert said == {
        "app.x": ours,
        "sqlalchemy.engine.Engine": libraries,
        "botocore.endpoint": [each for each in libraries if each != "info"],
        "uvicorn.error": ["theirs"],
    }
    assert {event["request_id"] for event in events} == {"7"}
