import secrets
import socket

import pytest

from app.cli.local.ports import free_port, ports_from


def test_what_is_taken_is_made_up_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        ports = ports_from("127.0.0.1", taken, 3)
    assert len({taken, *ports}) == 4


def test_no_port_is_given_twice_where_there_is_no_row() -> None:
    ports = ports_from("127.0.0.1", 65536, 20)
    assert len(set(ports)) == 20
    assert max(ports) < 65536


def test_a_port_that_is_found_free_twice_is_given_once() -> None:
    first, other = free_port(), free_port()
    found = iter((first, first, other))
    assert ports_from("127.0.0.1", 65536, 2, find=lambda: next(found)) == [first, other]


def test_an_address_that_is_not_ours_takes_no_port_from_the_row() -> None:
    assert ports_from("192.0.2.1", 6401, 2) == [6401, 6402]


def test_a_free_port_is_none_that_connections_come_from() -> None:
    assert max(free_port() for _ in range(100)) < 32_768


def test_servers_that_have_yet_to_listen_are_given_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, other = free_port(), free_port()
    drawn = iter((taken, taken, other, other + 1))
    monkeypatch.setattr(secrets, "choice", lambda _: next(drawn))
    assert free_port() == other + 1
