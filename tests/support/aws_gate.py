"""A gate before the SQS emulator: it refuses what AWS refuses, fails on demand, and can be shut."""

import json
import re
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from threading import Event, Thread
from typing import Any

import httpx

from tests.support.aws_rules import Call, Refusal, refusal_of

_SCOPE = re.compile("Credential=([^,]+)/aws4_request")

Answer = Call | Refusal
Fault = Callable[[Call], Answer | None]
"""What to answer in place of the emulator, or None to let it answer."""


@dataclass
class Gate:
    """What is to fail, every call that came, and what AWS would have refused of them."""

    emulator: httpx.Client
    faults: dict[str, Fault] = field(default_factory=dict)
    calls: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    scopes: list[str] = field(default_factory=list)
    """What each call was signed with: access key id, date, region and service, with slashes between."""
    violations: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    port: int = 0
    is_open: bool = False
    _server: "_Server" = field(init=False)
    _serving: Thread = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def refuse(self, action: str, refusal: Refusal, *, times: int = 1) -> None:
        """Refuse the next calls of an action, and let those after them through."""
        left = repeat(refusal, times)
        self.faults[action] = lambda _: next(left, None)

    def hold(self, answer: Answer | None = None) -> Answer | None:
        """In a fault: give the answer only once ``released`` is set."""
        self.released.wait()
        return answer

    def answer(self, action: str, call: Call) -> Answer | None:
        self.calls[action].append(call)
        violation = refusal_of(action, call)
        if violation is not None:
            self.violations.append(f"{action}: {violation.message}")
            return violation
        fault = self.faults.get(action)
        return fault(call) if fault else None

    def open(self) -> None:
        """Listen, on the same port as before."""
        self._server = _Server(self)
        self.port = self._server.server_port
        self._serving = Thread(target=self._server.serve_forever, args=(0.02,))
        self._serving.start()
        self.is_open = True

    def shut(self) -> None:
        """As if SQS were gone: nothing listens, connections are cut, and no thread is left."""
        self.is_open = False
        self._server.shutdown()
        self._serving.join()
        self._server.cut()
        self.released.set()
        self._server.server_close()


@contextmanager
def gate_before(emulator: str) -> Iterator[Gate]:
    """Open a gate for the block."""
    # Plain HTTP has nothing to verify, and reading the certificates would take longer than all the rest.
    with httpx.Client(base_url=emulator, trust_env=False, verify=False, timeout=60) as client:
        gate = Gate(client)
        gate.open()
        try:
            yield gate
        finally:
            gate.shut()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing it waits for them

    def __init__(self, gate: Gate) -> None:
        super().__init__(("127.0.0.1", gate.port), _Handler)
        self.gate = gate
        self._sockets: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        # Before its thread starts, so that no connection is missed when they are cut.
        self._sockets.append(request)
        super().process_request(request, client_address)

    def note(self, event: str, about: dict[str, Any]) -> None:
        """Know the connections to the emulator, too: a poll that nobody waits for takes seconds to end."""
        if event == "connection.connect_tcp.complete":
            self._sockets.append(about["return_value"].get_extra_info("socket"))

    def cut(self) -> None:
        for connection in self._sockets:
            with suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer would wait 40 ms between its headers and its body

    def handle(self) -> None:
        with suppress(OSError, httpx.TransportError):  # it was cut, or the client went away
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            call = json.loads(body)
        except ValueError:  # half a call: that happened in the middle of it
            return
        if signed := _SCOPE.search(self.headers.get("authorization", "")):
            self.server.gate.scopes.append(signed[1])
        match self.server.gate.answer(self.headers["x-amz-target"].partition(".")[2], call):
            case None:
                self._pass_on(body)
            case Refusal(code, message, status):
                error = {"__type": f"com.amazonaws.sqs#{code}", "message": message}
                self._write(status, json.dumps(error).encode(), {"x-amzn-query-error": f"{code};Sender"})
            case answer:
                self._write(200, json.dumps(answer).encode(), {})

    def _pass_on(self, body: bytes) -> None:
        response = self.server.gate.emulator.post(
            "/",
            content=body,
            headers={
                name: self.headers[name]
                for name in ("authorization", "content-type", "x-amz-target")
                if name in self.headers
            },
            extensions={"trace": self.server.note},
        )
        headers = {name: value for name, value in response.headers.items() if name.startswith("x-amz")}
        self._write(response.status_code, response.content, headers)

    def _write(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        own = {"content-type": "application/x-amz-json-1.0", "content-length": str(len(content))}
        for name, value in {**headers, **own}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its failures."""
