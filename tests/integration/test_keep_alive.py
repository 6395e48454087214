"""Connections that a proxy keeps: the API must not close one just as a request is sent on it."""

from pathlib import Path

from tests.support.processes import service
from tests.support.wire import get, wire


def test_a_connection_stays_open_for_as_long_as_was_said(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    # One that never asks anything is closed after six seconds: later than any server closes one by itself.
    bounds = {"TASKOVERFLOW_KEEP_ALIVE": "600", "TASKOVERFLOW_RECEIVE_TIMEOUT": "6"}
    with service(database_url, broker_url, tmp_path, **bounds) as running:
        running.start_api()
        with wire(running.port) as kept, wire(running.port) as silent:
            kept.send(get("/health"))
            assert kept.answer().status == 200

            assert silent.is_closed()
            kept.send(get("/health"))
            assert kept.answer().status == 200
