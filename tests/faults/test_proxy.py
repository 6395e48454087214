"""The proxy does to connections what it says, to the byte."""

import socket
from collections.abc import Iterator
from contextlib import closing
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from tests.faults.proxy import Link, Network, network

SOON = 0.2
"""Seconds in which what is to come over the loopback interface would have come."""


class _Echo(StreamRequestHandler):
    def handle(self) -> None:
        while data := self.connection.recv(65_536):
            self.connection.sendall(data)


@pytest.fixture
def net() -> Iterator[Network]:
    with network() as opened:
        yield opened


@pytest.fixture
def link(net: Network) -> Iterator[Link]:
    class Server(ThreadingTCPServer):
        daemon_threads = False

        def handle_error(self, *_: object) -> None:
            """Resets are what these tests are about."""

    with Server(("127.0.0.1", 0), _Echo) as server:
        serving = Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        opened = net.link(server.server_address[1])
        yield opened
        net.call(opened.close)
        server.shutdown()
        serving.join()


def connect(link: Link) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", link.port), 5)
    connection.settimeout(5)
    return connection


def is_silent(connection: socket.socket) -> bool:
    connection.settimeout(SOON)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(5)
    return False


def test_what_goes_through_comes_back(link: Link) -> None:
    with closing(connect(link)) as connection:
        connection.sendall(b"x" * 1_000_000)
        received = b""
        while len(received) < 1_000_000:
            received += connection.recv(65_536)
    assert received == b"x" * 1_000_000


def test_a_stall_holds_bytes_and_new_connections_and_loses_neither(link: Link) -> None:
    with closing(connect(link)) as before:
        before.sendall(b"a")
        assert before.recv(1) == b"a"
        link.stall()
        before.sendall(b"b")
        with closing(connect(link)) as during:
            during.sendall(b"c")
            assert is_silent(before)
            assert is_silent(during)
            link.heal()
            assert (before.recv(1), during.recv(1)) == (b"b", b"c")


def test_half_open_connections_are_deaf_for_ever_and_new_ones_are_not(link: Link) -> None:
    with closing(connect(link)) as before:
        before.sendall(b"a")
        assert before.recv(1) == b"a"
        link.half_open()
        before.sendall(b"b")
        with closing(connect(link)) as during:
            during.sendall(b"c")
            assert is_silent(before)
            link.heal()
            before.sendall(b"d")
            assert is_silent(before)
            assert is_silent(during)
    with closing(connect(link)) as after:
        after.sendall(b"e")
        assert after.recv(1) == b"e"


def test_a_cut_resets_what_is_open_and_lets_new_connections_through(link: Link) -> None:
    with closing(connect(link)) as before:
        before.sendall(b"a")
        assert before.recv(1) == b"a"
        link.cut()
        with pytest.raises(ConnectionResetError):
            before.recv(1)
    with closing(connect(link)) as after:
        after.sendall(b"b")
        assert after.recv(1) == b"b"


def test_a_link_that_refuses_does_so_on_the_port_that_it_then_opens_again(link: Link) -> None:
    link.refuse()
    with pytest.raises(ConnectionRefusedError):
        connect(link)
    link.heal()
    with closing(connect(link)) as after:
        after.sendall(b"a")
        assert after.recv(1) == b"a"


def test_one_client_may_be_cut_off_from_a_server_that_others_reach(net: Network, link: Link) -> None:
    other = net.link(link.target)
    link.stall()
    with closing(connect(link)) as cut_off, closing(connect(other)) as served:
        for connection in (cut_off, served):
            connection.sendall(b"a")
        assert served.recv(1) == b"a"
        assert is_silent(cut_off)
        link.heal()
        assert cut_off.recv(1) == b"a"
    net.call(other.close)


def test_a_server_that_is_not_there_is_felt_as_a_reset(net: Network) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nowhere = net.link(probe.getsockname()[1])
        # At its first read, or so soon that it is not even connected.
        with pytest.raises(ConnectionResetError), closing(connect(nowhere)) as connection:
            connection.recv(1)
