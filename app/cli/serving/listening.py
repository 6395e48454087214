"""The sockets through which several processes serve one port."""

import asyncio
import socket
import sys
from collections.abc import Sequence

NOT_STARTED = 3
"""The exit code where nothing can listen, which is uvicorn's own."""

_BACKLOG = 2048
"""How many connections may wait for one process to accept them: as many as with uvicorn alone."""

_SPREADS = sys.platform == "linux"
"""Whether connections are spread over the sockets of one port; elsewhere one of them may get them all."""

Sockets = Sequence[socket.socket]
"""One for each address that the host has."""


def listen(host: str, port: int, processes: int, *, spread: bool = _SPREADS) -> list[Sockets]:
    """Listen from now on; what each process is to serve. ``OSError`` where nothing can listen.

    With a socket that all share, whichever process wakes first would accept all that has come by then.
    """
    first = asyncio.run(_bind(host, port))
    for each in first:
        each.listen(_BACKLOG)
    if not spread:
        return [first] * processes
    for each in first:
        # Only now: a port that others listen on, be it in this way as well, was to be refused.
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return [first, *([_beside(each) for each in first] for _ in range(processes - 1))]


async def _bind(host: str, port: int) -> Sockets:
    # As one process does by itself, so that a host means the same, and errors say the same.
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    sockets = [each.dup() for each in server.sockets]
    server.close()
    return sockets


def _beside(first: socket.socket) -> socket.socket:
    return socket.create_server(first.getsockname(), family=first.family, backlog=_BACKLOG, reuse_port=True)
