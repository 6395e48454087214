"""How much is sent at once, through a transport that is made by hand."""

import asyncio
from collections.abc import Iterable

import pytest

from app.cli.serving.corking import Corked


class Transport(asyncio.Transport):
    """Notes what it is given, and how."""

    def __init__(self) -> None:
        super().__init__({"peername": "somebody"})
        self.did: list[object] = []

    def writelines(self, list_of_data: "Iterable[bytes | bytearray | memoryview[int]]") -> None:
        self.did.append([bytes(data) for data in list_of_data])

    def write_eof(self) -> None:
        self.did.append("eof")

    def close(self) -> None:
        self.did.append("closed")

    def abort(self) -> None:
        self.did.append("aborted")

    def get_write_buffer_size(self) -> int:
        return 1000


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def corked(transport: Transport) -> Corked:
    return Corked(transport, asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_is_sent_together(corked: Corked, transport: Transport) -> None:
    corked.write(b"head")
    corked.write(b"body")
    assert (transport.did, corked.get_write_buffer_size()) == ([], 1008)
    await asyncio.sleep(0)
    corked.write(b"more")
    await asyncio.sleep(0)
    assert (transport.did, corked.get_write_buffer_size()) == ([[b"head", b"body"], [b"more"]], 1000)


async def test_much_is_not_held_back(corked: Corked, transport: Transport) -> None:
    large = bytes(65_536)
    corked.write(b"head")
    corked.write(large)
    assert transport.did == [[b"head", large]]
    await asyncio.sleep(0)
    assert transport.did == [[b"head", large]]


async def test_what_is_held_back_is_sent_before_the_end(corked: Corked, transport: Transport) -> None:
    corked.write(b"a")
    corked.write_eof()
    corked.write(b"b")
    corked.close()
    await asyncio.sleep(0)
    assert transport.did == [[b"a"], "eof", [b"b"], "closed"]


async def test_what_is_held_back_when_a_connection_is_given_up_is_not_sent(
    corked: Corked, transport: Transport
) -> None:
    corked.write(b"a")
    corked.abort()
    await asyncio.sleep(0)
    assert transport.did == ["aborted"]


async def test_it_is_otherwise_what_it_was(corked: Corked) -> None:
    assert corked.get_extra_info("peername") == "somebody"
