"""Clients that each send their next request once they have the answer to the last one."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import httptools

Step = Sequence[bytes]
"""Requests that one client sends one after the other."""


@dataclass(slots=True)
class Load:
    """What is to be sent, and what came of it."""

    steps: Iterator[Step]
    until: float
    """By the monotonic clock: no step begins afterwards."""
    expected: HTTPStatus
    """Of the last answer of each step; those before it are to be 200."""
    keep: bool = False
    """Whether the bodies of those last answers are wanted."""
    answered: int = 0
    unexpected: Counter[int] = field(default_factory=Counter)
    received: int = 0
    """Bytes of bodies."""
    bodies: list[bytes] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return self.ended - self.began

    @property
    def a_second(self) -> float:
        """Steps that were answered as they should be."""
        return self.answered / self.seconds

    def next_step(self) -> Step | None:
        """What a client does next; None if nothing more."""
        return None if time.monotonic() >= self.until else next(self.steps, None)


class _Client(asyncio.Protocol):
    """One connection; it is made anew where the server closes it, as gunicorn's sync workers do each time."""

    def __init__(self, load: Load, host: str, port: int) -> None:
        self._load = load
        self._where = host, port
        self._step: Step = ()
        self._place = 0
        self._body: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._complete = self._keeps = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Take the next step, or end."""
        step = self._load.next_step()
        if step is None:
            self._end()
            return
        self._step, self._place = step, 0
        self._send()

    def _send(self) -> None:
        if self._transport is None:
            asyncio.ensure_future(self._connect()).add_done_callback(self._failed)
            return
        self._transport.write(self._step[self._place])

    async def _connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, *self._where)

    def _failed(self, connecting: "asyncio.Future[None]") -> None:
        if (error := connecting.exception()) and not self.over.done():
            self.over.set_exception(error)

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if not self.over.done():
            self.over.set_result(None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self.over.done():
            return
        if not self._complete:
            self.over.set_exception(exc or ConnectionError("the server closed a connection in mid-answer"))
            return
        self._advance()

    def data_received(self, data: bytes) -> None:
        self._complete = False
        self._parser.feed_data(data)
        # Not in the parser's own callback, which may not go on while it is at work.
        if self._complete and self._keeps:
            self._advance()
        elif self._complete and self._transport is not None:
            self._transport.close()

    def on_body(self, body: bytes) -> None:
        self._load.received += len(body)
        if self._load.keep:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._complete, self._keeps = True, self._parser.should_keep_alive()
        status = self._parser.get_status_code()
        is_last = self._place == len(self._step) - 1
        if status != (self._load.expected if is_last else HTTPStatus.OK):
            self._load.unexpected[status] += 1
        elif is_last:
            self._load.answered += 1
            if self._load.keep:
                self._load.bodies.append(b"".join(self._body))
        self._body.clear()

    def _advance(self) -> None:
        self._complete = False
        self._place += 1
        if self._place < len(self._step):
            self._send()
        else:
            self.begin()


async def closed_loop(
    url: str,
    steps: Iterator[Step],
    *,
    expected: HTTPStatus = HTTPStatus.OK,
    clients: int = 64,
    seconds: float = float("inf"),
    keep: bool = False,
) -> Load:
    """Send until nothing is left to be sent, or until so many seconds are over."""
    where = urlsplit(url)
    load = Load(steps, time.monotonic() + seconds, expected, keep)
    connected = [_Client(load, where.hostname or "", where.port or 80) for _ in range(clients)]
    load.began = time.monotonic()
    for client in connected:
        client.begin()
    await asyncio.gather(*(client.over for client in connected))
    load.ended = time.monotonic()
    if load.unexpected:
        raise AssertionError(f"{url} answered {dict(load.unexpected)}, and {load.answered} as expected")
    return load
