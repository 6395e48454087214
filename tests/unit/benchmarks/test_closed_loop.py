"""The clients, against a server that answers whatever a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import repeat

import pytest

from benchmarks.load.closed_loop import closed_loop
from benchmarks.load.requests import request

_KEEP = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
_CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
_WRONG = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
_CUT_SHORT = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nbody"


class _Server:
    """Answers each request with what ``answer`` says of its number, and its path."""

    def __init__(self, answer: Callable[[int, str], bytes]) -> None:
        self.answer = answer
        self.paths: list[str] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.readline():
            path = head.split()[1].decode()
            while await reader.readline() != b"\r\n":
                pass
            self.paths.append(path)
            answer = self.answer(len(self.paths), path)
            writer.write(answer)
            if b"close" in answer:
                break
        writer.close()


@asynccontextmanager
async def _serving(answer: Callable[[int, str], bytes]) -> AsyncIterator[tuple[str, _Server]]:
    server = _Server(answer)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", server


async def test_all_steps_are_sent_over_as_many_connections_as_there_are_clients() -> None:
    async with _serving(lambda _number, _path: _KEEP) as (url, server):
        load = await closed_loop(url, iter([(request("GET", f"/{n}"),) for n in range(20)]), clients=3)
    assert sorted(server.paths) == sorted(f"/{n}" for n in range(20))
    assert server.connections == 3
    assert (load.answered, load.received) == (20, 80)
    assert load.a_second > 0


async def test_a_server_that_closes_after_each_answer_is_connected_to_again() -> None:
    async with _serving(lambda _number, _path: _CLOSE) as (url, server):
        load = await closed_loop(url, iter([(request("GET", "/"),)] * 5), clients=1)
    assert (load.answered, server.connections) == (5, 5)


async def test_the_requests_of_a_step_follow_one_another_and_count_as_one() -> None:
    step = (request("GET", "/change"), request("GET", "/ask"))
    async with _serving(lambda _number, _path: _KEEP) as (url, server):
        load = await closed_loop(url, iter([step] * 2), clients=1)
    assert server.paths == ["/change", "/ask", "/change", "/ask"]
    assert load.answered == 2


async def test_no_step_begins_when_the_time_is_over() -> None:
    async with _serving(lambda _number, _path: _KEEP) as (url, server):
        load = await closed_loop(url, repeat((request("GET", "/"),)), clients=2, seconds=0)
    assert (load.answered, server.paths) == (0, [])


async def test_an_answer_that_was_not_expected_is_an_error() -> None:
    async with _serving(lambda number, _path: _WRONG if number == 2 else _KEEP) as (url, _):
        with pytest.raises(AssertionError, match=r"\{503: 1\}, and 2 as expected"):
            await closed_loop(url, iter([(request("GET", "/"),)] * 3), clients=1)


async def test_another_answer_than_a_success_may_be_expected() -> None:
    expected = HTTPStatus.SERVICE_UNAVAILABLE
    async with _serving(lambda _number, _path: _WRONG) as (url, _):
        load = await closed_loop(url, iter([(request("GET", "/"),)] * 3), expected=expected, clients=1)
    assert load.answered == 3


async def test_an_answer_that_is_cut_short_is_an_error() -> None:
    async with _serving(lambda _number, _path: _CUT_SHORT) as (url, _):
        with pytest.raises(ConnectionError, match="mid-answer"):
            await closed_loop(url, iter([(request("GET", "/"),)]), clients=1)
