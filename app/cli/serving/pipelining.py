"""Requests that are sent before the ones before them are answered (RFC 9112 section 9.3.2)."""

import asyncio
from collections import deque

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle


class Pipeline(HttpToolsProtocol):
    """uvicorn's protocol, which reads on only once no request waits for the answer to another.

    uvicorn itself reads on after each answer, so that a client which sends faster than it is answered would
    fill the memory.
    """

    answering: RequestResponseCycle | None = None
    """The request that was handed to the application last; ``cycle`` is the one that arrived last."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _OneByOne(transport, self.pipeline)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.answering is not None:
            # uvicorn tells the last one that arrived alone, and the others go on writing.
            self.answering.disconnected = True
            self.answering.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.answering = cycle
        super()._start_asgi_task(cycle, app)

    def is_answering(self) -> bool:
        """Whether the application still works at an answer."""
        return self.answering is not None and not self.answering.response_complete


class _OneByOne(FlowControl):
    def __init__(
        self, transport: asyncio.Transport, waiting: deque[tuple[RequestResponseCycle, ASGI3Application]]
    ) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()
