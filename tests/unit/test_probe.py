"""The health check of the images."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from app.cli.local.ports import free_port
from app.cli.probe import probe


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is its base's
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_what_answers_is_well(port: int) -> None:
    assert probe(f"http://127.0.0.1:{port}/healthz") is None


def test_what_answers_that_it_is_not_ready_is_not_well(port: int) -> None:
    url = f"http://127.0.0.1:{port}/readyz"
    assert probe(url) == f"{url}: answered 503"


def test_where_nothing_listens_nothing_is_well() -> None:
    assert "refused" in (probe(f"http://127.0.0.1:{free_port()}/healthz") or "")


def test_the_command_takes_its_port_from_the_environment(port: int) -> None:
    command = [sys.executable, "-m", "app.cli.probe", "http://127.0.0.1:$TASKOVERFLOW_PORT/healthz"]
    for number, code in ((port, 0), (free_port(), 1)):
        done = subprocess.run(
            command, env={"TASKOVERFLOW_PORT": str(number)}, capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr
