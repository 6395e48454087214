"""Answers in as few pieces as can be: the head of one goes out with its body."""

import asyncio
from typing import Any

_HELD_BYTES = 65_536


class Corked:
    """A transport that holds back what is written until the end of a turn of the event loop.

    uvicorn writes the head of an answer and its body one after the other, and each would be a call of the
    kernel and a packet that wakes the client (compare ``TCP_CORK`` in tcp(7)).
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._bytes = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send it with all else that is written in this turn, as far as that is not much."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)
        self._bytes += len(data)
        if self._bytes >= _HELD_BYTES:
            self._send()

    def _send(self) -> None:
        if self._held:
            held, self._held, self._bytes = self._held, [], 0
            self._transport.writelines(held)

    def write_eof(self) -> None:
        """Say that nothing follows."""
        self._send()
        self._transport.write_eof()

    def close(self) -> None:
        """Close once all is sent."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close, and send no more."""
        self._held, self._bytes = [], 0
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        """How many bytes are not sent yet."""
        return self._bytes + self._transport.get_write_buffer_size()
