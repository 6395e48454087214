"""A TCP proxy between a process and its server, whose network can be made to fail."""

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

_READ_BYTES = 65_536
_LINGER_NOT = struct.pack("ii", 1, 0)
"""Closing a socket with this set sends a reset."""


@dataclass(eq=False)
class _Connection:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    is_deaf: bool = False
    """What either side sends vanishes, its end included, as when a router has forgotten the connection."""

    def reset(self) -> None:
        for writer in (self.client, self.server):
            if writer is not None and not writer.transport.is_closing():
                sock = writer.get_extra_info("socket")
                with suppress(OSError):  # the other side may have closed it by itself
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
                writer.transport.abort()


@dataclass(eq=False)
class Link:
    """One way to a server: a port of its own, and what happens to what goes through it.

    Its methods may be called from any thread, and have taken effect when they return.
    """

    target: int
    network: "Network"
    port: int = 0
    _listener: asyncio.Server | None = None
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _deafens: bool = False
    _connections: set[_Connection] = field(default_factory=set)

    def stall(self) -> None:
        """Hold all bytes, and the ends of connections, both ways; new connections are held too."""
        self.network.call(self._flows.clear)

    def half_open(self) -> None:
        """Forget every connection, and those that come, without a word to either side.

        They stay deaf for ever: after ``heal`` only new ones get through.
        """

        def forget() -> None:
            self._deafens = True
            for connection in self._connections:
                connection.is_deaf = True

        self.network.call(forget)

    def cut(self) -> None:
        """Reset every connection; new ones get through."""
        self.network.call(self._reset)

    def refuse(self) -> None:
        """Reset every connection, and refuse new ones, as a machine does whose server is not there."""

        async def shut() -> None:
            self._stop_listening()
            self._reset()

        self.network.run(shut())

    def heal(self) -> None:
        """Let through what was held, and what comes."""

        async def open_again() -> None:
            self._deafens = False
            self._flows.set()
            if self._listener is None:
                await self.listen()

        self.network.run(open_again())

    async def listen(self) -> None:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._flows.set()

    def close(self) -> None:
        self._stop_listening()
        self._reset()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _reset(self) -> None:
        for connection in self._connections:
            connection.reset()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer, is_deaf=self._deafens)
        self._connections.add(connection)
        try:
            if connection.is_deaf:
                await self._pump(connection, reader, None)
                return
            await self._flows.wait()
            answers, connection.server = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(connection, reader, connection.server))
                both.create_task(self._pump(connection, answers, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # the server is not there, or the lab ends
        finally:
            connection.reset()
            self._connections.discard(connection)

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_READ_BYTES):
                await self._flows.wait()
                if writer is not None and not connection.is_deaf:
                    writer.write(data)
                    await writer.drain()
        await self._flows.wait()
        if writer is not None and not connection.is_deaf:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()


class Network:
    """Any number of links, carried by one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._links: list[Link] = []
        self._thread = Thread(target=self._loop.run_forever, name="network")
        self._thread.start()

    def link(self, target: int) -> Link:
        """Listen on a port of its own before a server's."""
        link = Link(target, self)
        self.run(link.listen())
        self._links.append(link)
        return link

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def call(self, change: Callable[[], None]) -> None:
        async def do() -> None:
            change()

        self.run(do())

    def close(self) -> None:
        """Reset all that is open, and end the thread."""
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for link in self._links:
            link.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def network() -> Iterator[Network]:
    """A network for the block."""
    opened = Network()
    try:
        yield opened
    finally:
        opened.close()
