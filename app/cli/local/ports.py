"""Ports: one for each embedded server, and the one that the API is to have."""

import errno
import socket

from app.cli.local.errors import LocalServerError


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, chosen by the system."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(host: str, port: int) -> None:
    """See that a server could listen there now; ``LocalServerError`` where it could not."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections that are closing do not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise LocalServerError(
                    f"Port {port} is taken: choose another with TASKOVERFLOW_PORT"
                ) from None
            raise LocalServerError(
                f"Nothing can listen on {host} port {port}: {error.strerror}; "
                "TASKOVERFLOW_HOST and TASKOVERFLOW_PORT choose another"
            ) from None
