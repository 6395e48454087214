"""What hands a container the credentials of its role; over real HTTP, in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.ministack import CREDENTIALS

SOON, LATER = timedelta(minutes=5), timedelta(hours=6)
"""AWS's client uses what is good for five minutes, and asks for better each time."""


@dataclass
class TaskRole:
    """Gives what it has to whoever shows the token that is in the file."""

    token_file: Path
    key: str = "ASIAFIRST"
    valid: timedelta = SOON
    given: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """As a container finds it: no keys, and where to fetch some."""
        return {
            **dict.fromkeys((name for name in CREDENTIALS if "KEY" in name), ""),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.token_file.with_name("no-config")),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.token_file.with_name("no-credentials")),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{self.port}/role",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(self.token_file),
        }

    def rotate(self, key: str, token: str) -> None:
        self.token_file.write_text(token)
        self.key, self.valid = key, LATER

    def answer(self) -> bytes:
        self.given.append(self.key)
        ends = datetime.now(UTC) + self.valid
        return json.dumps(
            {
                "AccessKeyId": self.key,
                "SecretAccessKey": "secret",
                "Token": "session",
                "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
            }
        ).encode()


@contextmanager
def task_role(folder: Path) -> Iterator[TaskRole]:
    role = TaskRole(folder / "token")
    role.token_file.write_text("first-token")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["authorization"] == role.token_file.read_text()
            body = role.answer() if allowed else b"{}"
            self.send_response(200 if allowed else 403)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its failures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    role.port = server.server_port
    serving = Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    try:
        yield role
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
