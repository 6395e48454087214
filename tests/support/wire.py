"""HTTP by hand, for clients that do what no library would."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

_GIVE_UP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json", self
        told: dict[str, Any] = json.loads(self.body)
        assert set(told) == {"type", "title", "status", "detail", "instance", "error"}
        assert told["status"] == self.status
        return told


@dataclass(frozen=True, slots=True)
class Wire:
    """One connection."""

    socket: socket.socket

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def answer(self) -> Answer:
        """The next answer; what follows it is lost, so there should be nothing."""
        with HTTPResponse(self.socket) as response:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())

    def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        parts = []
        while part := self.socket.recv(65536):
            parts.append(part)
        return b"".join(parts)

    def is_closed(self) -> bool:
        """Wait until the server closes the connection; False if it says something instead."""
        return self.socket.recv(1) == b""


@contextmanager
def wire(port: int, *, buffer: int | None = None) -> Iterator[Wire]:
    """Connect, with so large a buffer for what is received."""
    with socket.socket() as opened:
        if buffer is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        opened.settimeout(_GIVE_UP_SECONDS)
        opened.connect(("127.0.0.1", port))
        yield Wire(opened)


def post(path: str, *headers: str, body: bytes = b"") -> bytes:
    """A request with JSON."""
    lines = [f"POST /api/v1{path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def get(path: str, *headers: str) -> bytes:
    """A request without a body."""
    return "\r\n".join([f"GET /api/v1{path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()
