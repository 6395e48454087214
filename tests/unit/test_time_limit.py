"""Answers that do not begin in time, whatever their handlers do about it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api.time_limit import TimeLimit

SOON = 0.01
START: Message = {"type": "http.response.start", "status": 200, "headers": []}
END: Message = {"type": "http.response.body", "body": b"done"}


@dataclass
class Client:
    """What a client sees, and when its answer is complete."""

    messages: list[Message] = field(default_factory=list)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> None:
        self.messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.complete.set()

    async def receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nobody goes away here")

    def ask(self, handle: Callable[[Send], Awaitable[None]], seconds: float) -> "asyncio.Task[None]":
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            del scope, receive
            await handle(send)

        scope = {"type": "http", "method": "GET", "path": "/slow", "query_string": b"", "headers": []}
        coroutine: Any = TimeLimit(application, seconds)(scope, self.receive, self.send)
        return asyncio.create_task(coroutine)

    def assert_unavailable(self) -> None:
        start, body = self.messages
        headers = dict(start["headers"])
        assert (start["status"], headers[b"retry-after"]) == (503, b"5")
        assert headers[b"content-type"] == b"application/problem+json"
        assert json.loads(body["body"])["instance"] == "/slow"


async def for_ever() -> None:
    await asyncio.wait_for(asyncio.Event().wait(), 30)


async def test_a_handler_that_takes_too_long_is_cancelled_and_its_client_told() -> None:
    client, ended = Client(), []

    async def handle(send: Send) -> None:
        del send
        try:
            await for_ever()
        except asyncio.CancelledError:
            ended.append(True)
            raise

    await client.ask(handle, SOON)
    client.assert_unavailable()
    assert ended == [True]


async def test_a_handler_that_will_not_end_keeps_no_client_waiting() -> None:
    client, let_go = Client(), asyncio.Event()

    async def handle(send: Send) -> None:
        del send
        try:
            await for_ever()
        finally:
            await let_go.wait()

    task = client.ask(handle, SOON)
    await client.complete.wait()
    assert not task.done()
    client.assert_unavailable()
    let_go.set()
    await task


async def test_what_a_handler_says_or_raises_too_late_reaches_nobody() -> None:
    client = Client()

    async def handle(send: Send) -> None:
        try:
            await for_ever()
        except asyncio.CancelledError:
            await send(START)
            await send(END)
            raise ValueError("the connection is closed") from None

    await client.ask(handle, SOON)
    client.assert_unavailable()


async def test_an_answer_that_has_begun_may_take_as_long_as_it_takes() -> None:
    client, later = Client(), asyncio.Event()

    async def handle(send: Send) -> None:
        await send(START)
        await later.wait()
        await send(END)

    client.ask(handle, SOON)
    asyncio.get_running_loop().call_later(SOON * 3, later.set)
    await client.complete.wait()
    assert client.messages == [START, END]


async def test_an_error_in_time_is_not_ours() -> None:
    async def handle(send: Send) -> None:
        del send
        raise ValueError("of the handler")

    with pytest.raises(ValueError, match="of the handler"):
        await Client().ask(handle, 30)


async def test_a_cancellation_in_time_is_not_ours() -> None:
    async def handle(send: Send) -> None:
        del send
        await for_ever()

    task = Client().ask(handle, 30)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
