"""An SQS that fails where a test wants it to; all else is answered by the emulator behind it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

Request = dict[str, Any]
Answer = tuple[int, dict[str, Any]]
Fault = Callable[[Request], Answer | None]
"""What to answer instead of the emulator, or None to let it answer."""


def error(status: int, code: str, message: str) -> Fault:
    """Errors as AWS writes them."""
    return lambda _: (status, {"__type": f"com.amazon.coral.service#{code}", "message": message})


@dataclass
class FaultySqs:
    """What is to fail by action, and every request that came."""

    faults: dict[str, Fault] = field(default_factory=dict)
    requests: list[tuple[str, Request]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def sent(self, action: str) -> list[Request]:
        return [request for name, request in self.requests if name == action]

    def hold(self, answer: Answer | None) -> Fault:
        """Give an answer, or let the emulator give its own, only once ``released`` is set."""

        def wait(_: Request) -> Answer | None:
            self.released.wait()
            return answer

        return wait

    def answer(self, action: str, body: bytes) -> Answer | None:
        request = json.loads(body)
        self.requests.append((action, request))
        fault = self.faults.get(action)
        return fault(request) if fault else None


@contextmanager
def faulty_sqs(emulator: str) -> Iterator[FaultySqs]:
    """Stand before the emulator for the block."""
    faulty = FaultySqs()
    with (
        httpx.Client(base_url=emulator, trust_env=False, timeout=60) as behind,
        ThreadingHTTPServer(("127.0.0.1", 0), _handler(faulty, behind)) as server,
    ):
        faulty.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield faulty
        finally:
            faulty.released.set()
            server.shutdown()
            thread.join()


def _handler(faulty: FaultySqs, behind: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            target = self.headers["x-amz-target"]
            answer = faulty.answer(target.removeprefix("AmazonSQS."), body)
            if answer is None:
                passed = {"content-type": self.headers["content-type"], "x-amz-target": target}
                response = behind.post("/", content=body, headers=passed)
                self._write(response.status_code, response.content)
            else:
                self._write(answer[0], json.dumps(answer[1]).encode())

        def _write(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(content)))
            with suppress(ConnectionError):  # a command that was stopped waits for no answer
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its failures."""

    return Handler
