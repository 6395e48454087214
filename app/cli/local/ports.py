"""Ports: one for each embedded server, and the one that the API is to have."""

import errno
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

from app.cli.local.errors import LocalServerError

_FIRST, _LAST = 10_240, 32_767
"""Below those that systems give to connections (Linux: 32768 and on; others: 49152 and on)."""

_TRIES = 100

_given: set[int] = set()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, and that no connection will come from.

    A server that is started again needs the same port: meanwhile a client's connection, which may last for
    long, must not have been given it, nor another server of ours: a process is given each port once.
    """
    for _ in range(_TRIES):
        port = secrets.choice(range(_FIRST, _LAST + 1))
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise LocalServerError(f"No port from {_FIRST} to {_LAST} is free")


def require_free(host: str, port: int) -> None:
    """See that a server could listen there now; ``LocalServerError`` where it could not."""
    try:
        _listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LocalServerError(f"Port {port} is taken: choose another with TASKOVERFLOW_PORT") from None
        raise LocalServerError(
            f"Nothing can listen on {host} port {port}: {error.strerror}; "
            "TASKOVERFLOW_HOST and TASKOVERFLOW_PORT choose another"
        ) from None


def ports_from(host: str, first: int, count: int, *, find: Callable[[], int] = free_port) -> list[int]:
    """So many ports in a row, with any free one in place of one that is taken."""
    ports: list[int] = []
    for port in range(first, first + count):
        chosen = port
        while chosen in ports or _is_taken(host, chosen):
            chosen = find()
        ports.append(chosen)
    return ports


def _is_taken(host: str, port: int) -> bool:
    try:
        _listen(host, port)
    except OverflowError:  # beyond the last port there is
        return True
    except OSError as error:
        # What else keeps a server from listening there would keep it from any other port as well.
        return error.errno == errno.EADDRINUSE
    return False


def _listen(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections that are closing do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
