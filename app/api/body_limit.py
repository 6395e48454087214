"""Bodies: how large they may be, and how long they may take."""

import asyncio
from contextlib import suppress

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import answer
from app.domain.errors import ContentTooLarge, Problem, RequestTimeout

_CLOSE = (b"connection", b"close")


class BodyLimit:
    """Hands a request on once its whole body has arrived; too large or too slow, it gets no further."""

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(scope, receive)
        except TimeoutError:
            late = RequestTimeout(f"The body did not arrive within {self._seconds:g} s.")
            await _refuse(scope, send, late)
            await _end(send)
        except ContentTooLarge as error:
            await _refuse(scope, send, error)
            # What is still on its way is read and dropped: to close at once would reset the connection, and
            # the client might lose the answer (RFC 9112 section 9.6).
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await _drop_rest(receive)
            await _end(send)
        else:
            if body is not None:
                await self._app(scope, once(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, or None if the client went away."""
        too_large = ContentTooLarge(f"A body may have up to {self._max_bytes} bytes.")
        if int(_header(scope, b"content-length") or 0) > self._max_bytes:
            raise too_large
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise too_large
            if not message.get("more_body"):
                return bytes(body)


def has_body(scope: Scope) -> bool:
    """Whether a request has a body that is not empty (RFC 9112 section 6)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _header(scope: Scope, wanted: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == wanted), None)


def once(body: bytes, receive: Receive) -> Receive:
    """Give the body, and then whatever comes after it: that the client goes away."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return unread.pop() if unread else await receive()

    return replay


async def _refuse(scope: Scope, send: Send, error: Problem) -> None:
    response = answer(Request(scope), error)
    headers = [*response.raw_headers, _CLOSE]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})


async def _drop_rest(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})
