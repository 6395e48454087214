"""Requests: how long their answers may take to begin."""

import asyncio

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import answer
from app.domain.errors import Unavailable

log = structlog.get_logger(__name__)

_LIMIT = "taskoverflow.time_limit"
"""Where a request's scope says what bounds it."""


def allow_more(request: Request, seconds: float) -> None:
    """Let the answer to this request begin later by so much: it was asked to wait."""
    limit = request.scope.get(_LIMIT)
    if isinstance(limit, _Limit):
        limit.extend(seconds)


class TimeLimit:
    """Answers 503 where an answer has not begun in time; once it has, it may take as long as it takes."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _Limit(scope, send, self._seconds)
        try:
            await self._app({**scope, _LIMIT: limit}, receive, limit.send)
        except asyncio.CancelledError:
            if limit.answering is None:
                raise
        except Exception:
            if limit.answering is None:
                raise
            # Its client has an answer already.
            log.exception("late_request_failed", method=scope["method"], path=scope["path"])
        finally:
            limit.timer.cancel()
        if limit.answering is not None:
            limit.handler.uncancel()
            await limit.answering


class _Limit:
    """One request, and who answers it: its handler, or this once the time is over."""

    def __init__(self, scope: Scope, send: Send, seconds: float) -> None:
        self._scope = scope
        self._send = send
        self._seconds = seconds
        self._begun = False
        self.timer = asyncio.get_running_loop().call_later(seconds, self.reached)
        self.handler = _current_task()
        self.answering: asyncio.Task[None] | None = None

    def extend(self, seconds: float) -> None:
        self.timer.cancel()
        self._seconds += seconds
        self.timer = asyncio.get_running_loop().call_later(self._seconds, self.reached)

    async def send(self, message: Message) -> None:
        if self.answering is None:
            self._begun = True
            await self._send(message)

    def reached(self) -> None:
        if self._begun:
            return
        log.warning("request_timed_out", method=self._scope["method"], path=self._scope["path"])
        # Not by the handler's own task: where it waits for a server that says nothing, its cancellation may
        # hang as well, and the client must have its answer all the same.
        self.answering = asyncio.create_task(self._answer())
        self.handler.cancel()

    async def _answer(self) -> None:
        detail = f"The answer took longer than {self._seconds:g} s; what was asked for may yet be done."
        await answer(Request(self._scope), Unavailable(detail))(self._scope, _nothing, self._send)


async def _nothing() -> Message:
    raise RuntimeError("an answer that is complete needs nothing from its client")


def _current_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a request runs in a task")
    return task
