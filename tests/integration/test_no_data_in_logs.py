"""Logs tell what happens, and not whose todos it happens to, nor with which password."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import databases
from tests.support.asking import ask, state
from tests.support.feeds import token_of
from tests.support.processes import Service, service
from tests.support.waiting import wait_until

TITLE, DESCRIPTION, REFUSED, PASSWORD = (
    "Marked-title",
    "marked\ndescription",
    "Marked-refused",
    "marked-password",
)
MARKS = [
    TITLE,
    "marked\\ndescription",
    DESCRIPTION,
    REFUSED,
    PASSWORD,
    REFUSED.encode().hex(),
    TITLE.encode().hex(),
]

REFUSE = f"""
    ALTER TABLE todos ADD CHECK (title <> '{REFUSED}');
    ALTER TABLE result_chunks ADD CHECK (length(packed) = 0) NOT VALID
"""


@contextmanager
def running(database_url: str, broker_url: str, logs: Path, log_format: str) -> Iterator[Service]:
    settings = {
        "TASKOVERFLOW_LOG_LEVEL": "debug",
        "TASKOVERFLOW_LOG_FORMAT": log_format,
        "TASKOVERFLOW_MAX_ATTEMPTS": "1",
    }
    with service(database_url, broker_url, logs, **settings) as parts:
        parts.start_api()
        parts.start("worker")
        yield parts


def said(logs: Path) -> str:
    return "".join(path.read_text() for path in sorted(logs.glob("*.log")))


@pytest.mark.parametrize("log_format", ["console", "json"])
async def test_no_log_has_a_todo(database_url: str, broker_url: str, tmp_path: Path, log_format: str) -> None:
    with running(database_url, broker_url, tmp_path, log_format) as parts, client_of(parts) as client:
        todo = {"title": TITLE, "description": DESCRIPTION, "deadline_at": "2026-12-24T16:00:00"}
        made = client.post("/todos", json=todo).json()
        client.put(f"/todos/{made['id']}", json={"title": f"{TITLE} again"})
        client.post("/todos", json={"title": TITLE, "no_such_key": DESCRIPTION})
        client.post("/todos", content=f'{{"title": "{TITLE}')
        client.get("/todos", params={"cursor": TITLE})
        feed = client.post("/calendars", json={"name": TITLE}).json()
        await state(client, ask(client), "SUCCESS")
        client.get(f"/calendars/{token_of(feed).text}.ics")
        await databases.execute(database_url, *REFUSE.split(";"))
        await refused(parts)
        # The server closes a connection on which something went wrong: this is another.
        with client_of(parts) as again:
            await state(again, ask(again), "FAILURE")
        wait_until(lambda: "attempt_ended" in said(tmp_path), "the end of the attempt in the log")
        text = said(tmp_path)
    # Both errors are there, with all but the rows that they were about.
    assert "todos_title_check" in text
    assert "result_chunks_packed_check" in text
    assert "Traceback (most recent call last)" in text
    for mark in [*MARKS, token_of(feed).text]:
        assert mark not in text


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_has_a_password(tmp_path: Path, log_format: str) -> None:
    database = f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/todos"
    broker = f"redis://somebody:{PASSWORD}@127.0.0.1:1/0"
    settings = {"TASKOVERFLOW_LOG_LEVEL": "debug", "TASKOVERFLOW_LOG_FORMAT": log_format}
    with service(database, broker, tmp_path, **settings) as parts:
        parts.start_api()
        parts.start("worker")
        with client_of(parts) as client:
            assert client.get("/todos").status_code == 503
            assert client.post("/todos/ical").status_code == 503
            assert client.get(f"{parts.url}/readyz").status_code == 503
            client.get(f"{parts.url}/metrics")
        wait_until(lambda: "sweep_failed" in said(tmp_path), "a worker without its servers")
        text = said(tmp_path)
    assert "backlog_unknown" in text
    assert PASSWORD not in text


async def test_a_line_has_the_ids_of_what_it_belongs_to(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "abc-7", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with running(database_url, broker_url, tmp_path, "auto") as parts, client_of(parts) as client:
        url = client.post("/todos/ical", headers=headers).json()["task_url"]
        task_id = (await state(client, url, "SUCCESS"))["task_id"]
        wait_until(lambda: "calendar_made" in said(tmp_path), "the worker's last line")
        lines = [json.loads(line) for line in said(tmp_path).splitlines()]
    of_job = {line["event"]: line for line in lines if line.get("job_id") == task_id}
    ids = {"request_id": "abc-7", "trace_id": trace, "job_id": task_id}
    for event in ("request", "attempt_started", "calendar_made"):
        line = next(line for line in lines if line["event"] == event and line.get("request_id") == "abc-7")
        assert line.items() >= ids.items()
    assert of_job["calendar_made"]["attempt"] == of_job["attempt_started"]["attempt"] == 1


async def refused(parts: Service) -> None:
    with client_of(parts) as client:
        answer = client.post("/todos", json={"title": REFUSED, "description": DESCRIPTION})
    assert answer.status_code == 500


@contextmanager
def client_of(parts: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{parts.url}/api/v1", trust_env=False, timeout=30) as client:
        yield client
