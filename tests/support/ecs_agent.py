"""What ECS's agent answers a task that asks for protection; over real HTTP, in this process."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

ARN = "arn:aws:ecs:us-east-1:012345678901:task/jobs/0123456789abcdef"
Answer = tuple[int, bytes]


def agreed(asked: dict[str, Any]) -> Answer:
    """As the documentation of the endpoint shows it."""
    protection = {"ProtectionEnabled": asked["ProtectionEnabled"], "TaskArn": ARN}
    return 200, json.dumps({"protection": protection}).encode()


def refused(code: str, message: str, status: int = 400) -> Answer:
    error = {"Arn": ARN, "Code": code, "Message": message}
    return status, json.dumps({"requestID": "12345-abc", "error": error}).encode()


def failed(reason: str) -> Answer:
    return 200, json.dumps({"failure": {"Arn": ARN, "Detail": None, "Reason": reason}}).encode()


@dataclass
class EcsAgent:
    """Everything that was asked, and what is answered."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Answer] = agreed
    released: Event = field(default_factory=Event)
    port: int = 0

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/0123456789abcdef"

    def hold(self, asked: dict[str, Any]) -> Answer:
        """An answer that is late: not before ``released`` is set."""
        self.released.wait()
        return agreed(asked)


@contextmanager
def ecs_agent() -> Iterator[EcsAgent]:
    agent = EcsAgent()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            assert self.path == "/api/0123456789abcdef/task-protection/v1/state"
            assert self.headers["content-type"] == "application/json"
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            agent.asked.append(asked)
            status, body = agent.answer(asked)
            with suppress(OSError):  # whoever asked may have given up
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its failures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # closing it waits for them
    agent.port = server.server_port
    serving = Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    try:
        yield agent
    finally:
        agent.released.set()
        server.shutdown()
        serving.join()
        server.server_close()
