"""Requests that wait for the answers to those before them, on a connection that is made by hand."""

import asyncio
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from app.cli.serving.pipelining import Pipeline

THREE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3


class Transport(asyncio.Transport):
    """Remembers whether it is being read, and what was written."""

    reading = True
    written = b""

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False


class Application:
    """Answers one request each time it is told to, and notes what it is told of its client."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(0)
        self.told: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope
        await receive()
        await self.turns.acquire()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        self.told.append((await receive())["type"])


@pytest.fixture
async def application() -> Application:
    return Application()


@pytest.fixture
async def transport() -> Transport:
    return Transport()


@pytest.fixture
async def connection(application: Application, transport: Transport) -> Pipeline:
    protocol = Pipeline(Config(application, log_config=None, lifespan="off"), ServerState(), {})
    protocol.connection_made(transport)
    return protocol


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_is_read_while_requests_wait(
    connection: Pipeline, application: Application, transport: Transport
) -> None:
    connection.data_received(THREE)
    seen = []
    for _ in range(3):
        await settle()
        seen.append((connection.is_answering(), transport.reading))
        application.turns.release()
    await settle()
    seen.append((connection.is_answering(), transport.reading))
    # The last one has none behind it, and may read its body.
    assert seen == [(True, False), (True, False), (True, True), (False, True)]


async def test_the_request_that_is_being_answered_is_told_that_its_client_went_away(
    connection: Pipeline, application: Application, transport: Transport
) -> None:
    connection.data_received(THREE)
    await settle()
    connection.connection_lost(ConnectionResetError())
    application.turns.release()
    await settle()
    assert (application.told, transport.written) == (["http.disconnect"], b"")
