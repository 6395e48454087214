"""The sockets that a process which serves was given by the one that sees to it."""

import os
import socket
from collections.abc import Mapping, Sequence

_VARIABLE = "TASKOVERFLOW_INHERITED_SOCKETS"


def bequeath(environment: Mapping[str, str], sockets: Sequence[socket.socket]) -> dict[str, str]:
    """The environment of a process that is started with these sockets open."""
    return {**environment, _VARIABLE: ",".join(str(each.fileno()) for each in sockets)}


def inherited_sockets() -> list[socket.socket]:
    """Those that this process was started with; none if it is to listen by itself."""
    return [socket.socket(fileno=int(fd)) for fd in os.environ.get(_VARIABLE, "").split(",") if fd]
