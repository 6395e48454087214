"""A gate before the SQS emulator: refuses what AWS refuses and the emulator lets through, and fails on demand."""

import json
import socket
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from tests.support.aws_rules import Refusal, refusal_of


@dataclass
class Gate:
    """What has come through, what was refused, and what is to fail next."""

    upstream: str
    calls: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    planned: dict[str, deque[Refusal]] = field(default_factory=dict)
    refuse_last_entry: bool = False
    """Of the next batch alone: AWS takes the others, and answers 200."""
    port: int = 0
    _server: ThreadingHTTPServer | None = None
    connections: set[socket.socket] = field(default_factory=set)
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(trust_env=False, verify=False, timeout=60)
    )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_open(self) -> bool:
        return self._server is not None

    def fail(self, action: str, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next calls of an action with an error."""
        self.planned.setdefault(action, deque()).extend([refusal] * times)

    def open(self) -> None:
        handler = type("Handler", (_Handler,), {"gate": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def shut(self) -> None:
        """As if SQS were gone: nothing listens, and connections are cut."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        while self.connections:
            with suppress(OSError):  # it may have ended by itself
                self.connections.pop().shutdown(socket.SHUT_RDWR)

    def verdict(self, action: str, call: dict[str, Any]) -> Refusal | None:
        self.calls[action] += 1
        if self.planned.get(action):
            return self.planned[action].popleft()
        refusal = refusal_of(action, call)
        if refusal is not None:
            self.violations.append(f"{action}: {refusal.message}")
        return refusal


_OF_ONE_CONNECTION = {"connection", "content-length", "expect", "host"}


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.gate.connections.add(self.connection)
        body = self.rfile.read(int(self.headers["content-length"]))
        action = self.headers["x-amz-target"].partition(".")[2]
        call = json.loads(body)
        refusal = self.gate.verdict(action, call)
        if refusal is not None:
            self._answer(
                refusal.status,
                {"x-amzn-query-error": f"{refusal.code};Sender"},
                json.dumps(
                    {"__type": f"com.amazonaws.sqs#{refusal.code}", "message": refusal.message}
                ).encode(),
            )
            return
        refused = [call["Entries"].pop()] if self.gate.refuse_last_entry and "Entries" in call else []
        kept = {k: v for k, v in self.headers.items() if k.lower() not in _OF_ONE_CONNECTION}
        answer = self.gate.client.post(self.gate.upstream + self.path, json=call, headers=kept)
        content = answer.content
        if refused:
            self.gate.refuse_last_entry = False
            failed = [
                {"Id": e["Id"], "Code": "x", "Message": "not this one", "SenderFault": True} for e in refused
            ]
            content = json.dumps({**answer.json(), "Failed": failed}).encode()
        headers = {k: v for k, v in answer.headers.items() if k.startswith("x-amz") or k == "content-type"}
        self._answer(answer.status_code, headers, content)

    def handle(self) -> None:
        with suppress(OSError, httpx.TransportError):  # the gate was shut, or the client went away
            super().handle()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def gate(upstream: str) -> Iterator[Gate]:
    opened = Gate(upstream)
    opened.open()
    try:
        yield opened
    finally:
        opened.shut()
        opened.client.close()
