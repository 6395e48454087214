"""Sockets of one port, each with a queue of its own."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from app.cli.serving.listening import Sockets, listen


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    with ExitStack() as ending:
        yield ending


def held(ending: ExitStack, served: list[Sockets]) -> list[Sockets]:
    for sockets in served:
        for each in sockets:
            ending.enter_context(each)
    return served


def connect(ending: ExitStack, to: socket.socket, connections: int) -> None:
    for _ in range(connections):
        ending.enter_context(socket.create_connection(to.getsockname()[:2]))


def accepted(ending: ExitStack, sockets: Sequence[socket.socket]) -> int:
    """How many connections wait there."""
    count = 0
    for each in sockets:
        each.settimeout(0)
        try:
            while True:
                ending.enter_context(each.accept()[0])
                count += 1
        except BlockingIOError:
            pass
    return count


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", ""])
def test_connections_are_spread_over_the_processes(ending: ExitStack, host: str) -> None:
    served = held(ending, listen(host, 0, 3))
    for address in zip(*served, strict=True):
        (name,) = {each.getsockname() for each in address}
        assert name[1] != 0
        connect(ending, address[0], 100)
    counts = [accepted(ending, sockets) for sockets in served]
    assert min(counts) > 0
    assert sum(counts) == 100 * len(served[0])


def test_where_they_would_not_be_spread_all_share_one_socket(ending: ExitStack) -> None:
    first, second = held(ending, listen("127.0.0.1", 0, 2, spread=False))
    assert first is second
    with pytest.raises(OSError, match="in use"):
        socket.create_server(first[0].getsockname(), reuse_port=True)


@pytest.mark.parametrize("spread", [True, False])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_port_that_is_listened_on_in_the_same_way_is_taken(
    ending: ExitStack, processes: int, *, spread: bool
) -> None:
    served = held(ending, listen("127.0.0.1", 0, processes, spread=spread))
    port = served[0][0].getsockname()[1]
    with pytest.raises(OSError, match="address already in use"):
        listen("127.0.0.1", port, 2)
