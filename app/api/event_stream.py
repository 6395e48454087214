"""A task's changes as server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Depends, Header
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from app.api.models import TaskStatus
from app.api.timelines import numbered_timeline
from app.api.urls import Links
from app.domain.errors import Flaw, InvalidRequest
from app.domain.jobs import OPEN
from app.services.histories import History
from app.storage.database import is_unreachable

log = structlog.get_logger(__name__)

EVENT_STREAM = "text/event-stream"

_HEADER = "Last-Event-ID"
_RECONNECT_MS = 1000
_PING_EVERY = timedelta(seconds=15)
"""Often enough for proxies not to take the silence for the end, and to find clients that are gone."""

_MAX_ID_DIGITS = 18


async def _last_event_id(
    last: Annotated[
        str | None,
        Header(
            alias=_HEADER,
            description="The `id` of the last event that arrived: those behind it are sent again.",
            json_schema_extra={"pattern": f"^[0-9]{{1,{_MAX_ID_DIGITS}}}$"},
        ),
    ] = None,
) -> int | None:
    if last is None:
        return None
    if not (last.isascii() and last.isdigit() and len(last) <= _MAX_ID_DIGITS):
        raise InvalidRequest([Flaw(f"/{_HEADER}", "expected the id of an event of this stream")])
    return int(last)


LastEventId = Annotated[int | None, Depends(_last_event_id)]


def has_all(history: History, last_id: int | None) -> bool:
    """Whether nothing will ever follow the event of that id."""
    job, events = history
    return last_id is not None and job.state not in OPEN and all(event.id <= last_id for event in events)


class EventStream(StreamingResponse):
    """Tells of a job until it is final, or until its client goes away."""

    def __init__(
        self,
        first: History,
        rest: AsyncGenerator[History],
        last_id: int | None,
        links: Links,
        *,
        ping_every: timedelta = _PING_EVERY,
    ) -> None:
        self._rest = rest
        histories = _while_reachable(_histories(first, rest, ping_every.total_seconds()))
        self.lines = _lines(histories, -1 if last_id is None else last_id, links)
        # The last header is for nginx, which would else keep what comes until there is more of it.
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(self.lines, headers=headers, media_type=EVENT_STREAM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Nobody else ends what may still wait for a change.
        async with aclosing(self._rest), aclosing(self.lines):
            await super().__call__(scope, receive, send)


async def _lines(
    histories: AsyncGenerator[History | None], last_id: int, links: Links
) -> AsyncGenerator[bytes]:
    yield format_sse_event(retry=_RECONNECT_MS)
    async with aclosing(histories):
        async for history in histories:
            if history is None:
                yield KEEPALIVE_COMMENT
                continue
            job, events = history
            for number, event in numbered_timeline(job, events):
                if number > last_id:
                    last_id = number
                    yield format_sse_event(event="timeline", id=str(number), data_str=_json(event))
            yield format_sse_event(event="status", data_str=_json(TaskStatus.of(job, links)))


async def _while_reachable(histories: AsyncGenerator[History | None]) -> AsyncGenerator[History | None]:
    """The same, ending where Postgres goes away: the client comes back and hears what it missed."""
    async with aclosing(histories):
        try:
            async for history in histories:
                yield history
        except Exception as error:
            if not is_unreachable(error):
                raise
            log.warning("stream_ended", reason=str(error) or type(error).__name__)


def _json(model: BaseModel) -> str:
    return model.model_dump_json(exclude_none=True)


async def _histories(
    first: History, rest: AsyncIterator[History], ping_seconds: float
) -> AsyncGenerator[History | None]:
    """The histories, and None each time that there was none for long."""
    yield first
    upcoming = asyncio.ensure_future(anext(rest, None))
    try:
        while True:
            done, _ = await asyncio.wait({upcoming}, timeout=ping_seconds)
            if not done:
                yield None
                continue
            if (history := upcoming.result()) is None:
                return
            yield history
            upcoming = asyncio.ensure_future(anext(rest, None))
    finally:
        upcoming.cancel()
        await asyncio.wait({upcoming})
