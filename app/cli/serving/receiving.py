"""Requests: how large their heads may be, and how long they may take to come."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from app.api.problems import MEDIA_TYPE, problem_body
from app.cli.serving.corking import Corked
from app.cli.serving.sending import Bounds, SendBound
from app.domain.errors import HeadersTooLarge, MalformedRequest, Problem, RequestTimeout

_MAX_PIPELINED = 100


def bounded_protocol(bounds: Bounds) -> type[HttpToolsProtocol]:
    """The protocol as a class, since uvicorn makes one for each connection itself."""
    return type("BoundedProtocol", (_Bounded,), {"bounds": bounds})


class _Parser(httptools.HttpRequestParser):
    """Reads on behind a request that asks for another protocol, as a server may (RFC 9110 section 7.8).

    The one underneath takes what follows such a head for the other protocol's, even if it is the body; read
    as a request, that would be one which nobody sent.
    """

    def __init__(self, protocol: "_Bounded") -> None:
        super().__init__(protocol)
        # As uvicorn sets its own.
        self.set_dangerous_leniencies(lenient_data_after_close=True)
        self._protocol = protocol

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        """Read what arrived, and each head that asks for another protocol a second time without that."""
        while True:
            try:
                super().feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._protocol.plain_head + data[upgrade.args[0] :]
            else:
                return


class _Bounded(SendBound):
    """Closes connections whose requests never come, or whose heads are too large.

    A request's body is bounded by ``BodyLimit``, which can answer in words; here it is only seen to that
    what is no body, such as trailers, ends as well.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = _Parser(self)
        self.plain_head = b""
        """The last head that asked for another protocol, as it would be without that."""
        self._unparsed = 0
        """Bytes that came since the last one that a head, a body or a message ended with."""
        self._in_head = self._in_body = False
        self._flaw: Problem | None = None
        self._refused = False
        self._receiving: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast("asyncio.Transport", Corked(transport, self.loop)))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._expect_nothing()

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            self._unparsed += len(data)
            super().data_received(data)
            self._bound_head()

    def _bound_head(self) -> None:
        if self._refused:
            return
        if self._unparsed > self.bounds.head_bytes:
            self._refuse(self._head_too_large())
        elif self._receiving is None and not self._in_body and (self._in_head or self._unparsed):
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers may not pass for headers, which the application reads them as (RFC 9110 section 6.5.1).
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._head_bytes() > self.bounds.head_bytes:
            self._flaw = self._head_too_large()
        elif len(self.pipeline) >= _MAX_PIPELINED:
            # One read may bring thousands. Clients must be ready to send those again that are not answered.
            self._flaw = MalformedRequest("Too many requests were sent ahead.")
        elif self.parser.get_method() == b"CONNECT":
            self._flaw = MalformedRequest("This server is no proxy.")
        if self._flaw is not None:
            # Which ends the parsing in send_400_response.
            raise self._flaw
        if self.parser.should_upgrade():
            self.plain_head = self._without_upgrade()
            return
        super().on_headers_complete()
        self._expect_nothing()
        self._unparsed, self._in_head, self._in_body = 0, False, True

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._unparsed, self._in_body = 0, False
        super().on_message_complete()

    def _without_upgrade(self) -> bytes:
        """The head that is complete, but for its wish for another protocol."""
        version = self.parser.get_http_version().encode()
        first_line = b" ".join([self.parser.get_method(), self.url, b"HTTP/" + version])
        headers = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        return b"\r\n".join([first_line, *headers, b"", b""])

    def send_400_response(self, msg: str) -> None:
        del msg  # which tells nothing
        self._refuse(self._flaw or MalformedRequest("What arrived is not an HTTP request."))

    def _head_bytes(self) -> int:
        """The size of a head that is complete, but for the spaces that nobody counts."""
        first_line = len(self.parser.get_method()) + len(self.url) + len("  HTTP/1.1\r\n")
        return first_line + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _head_too_large(self) -> Problem:
        return HeadersTooLarge(f"The headers may have up to {self.bounds.head_bytes} bytes.")

    def _expect_head(self) -> None:
        self._expect_nothing()
        self._receiving = self.loop.call_later(self.bounds.receive, self._head_is_late)

    def _expect_nothing(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            self._receiving = None

    def _head_is_late(self) -> None:
        self._receiving = None
        if self.transport.is_closing():
            return
        if self.is_answering():
            # An answer is on its way, during which the next request may wait; nor is it always read.
            self._expect_head()
        elif self._in_head or self._unparsed:
            self._refuse(RequestTimeout(f"The headers did not arrive within {self.bounds.receive:g} s."))
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._receiving is not None and not self.transport.is_closing():
            self._expect_head()

    def _refuse(self, error: Problem) -> None:
        """Tell the client what is wrong with what it sent, and listen to no more of it."""
        self._refused = True
        self._expect_nothing()
        if self.is_answering() and not self._can_still_answer():
            # What has arrived whole is answered, and that is all.
            self.cycle.keep_alive = False
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(self._answer(error))
        # Not closed at once: what is still on its way would reset the connection, and the client might lose
        # the answer (RFC 9112 section 9.6).
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._receiving = self.loop.call_later(self.bounds.receive, self.transport.close)
        self._watch_sending()

    def _can_still_answer(self) -> bool:
        """Whether the request that is being answered is itself the one that is refused, in its body."""
        return self._in_body and self.cycle is self.answering and not self.cycle.response_started

    def _answer(self, error: Problem) -> bytes:
        # The empty reference: the request itself, of which not even the path may be known.
        body = problem_body(error.slug, error.title, error.status, error.detail, instance="")
        headers = [
            *self.server_state.default_headers,
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
        ]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        return STATUS_LINE[error.status] + lines + b"\r\n" + body
