"""Answers: how long a client may leave them unread."""

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.server import ServerState

from app.cli.serving.pipelining import Pipeline


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much, and how long in seconds, one connection is put up with."""

    head_bytes: int
    receive: float
    send: float


class SendBound(Pipeline):
    """Ends a connection once its client reads nothing of what waits for it."""

    bounds: ClassVar[Bounds]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._sending: asyncio.TimerHandle | None = None
        self._unsent = 0

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._watch_no_more()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            # It closes only once all is sent.
            self._watch_sending()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch_sending()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        super().resume_writing()
        # What is left when a connection closes must be read as well.
        if not self.transport.is_closing():
            self._watch_no_more()

    def _watch_sending(self) -> None:
        if self._sending is None:
            self._unsent = self.transport.get_write_buffer_size()
            self._sending = self.loop.call_later(self.bounds.send, self._sending_is_late)

    def _watch_no_more(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _sending_is_late(self) -> None:
        self._sending = None
        unsent = self.transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._watch_sending()
        elif unsent:
            self.transport.abort()
