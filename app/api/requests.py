"""Requests as they are told of: each has an id, is counted, and is a line in the log."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.domain.origins import REQUEST_ID, Origin, current_origin, read_request_id, read_traceparent
from app.domain.probes import PROBES
from app.metrics.requests import RequestMetrics

log = structlog.get_logger(__name__)

_REQUEST_ID = REQUEST_ID.lower().encode()

NO_ROUTE = "none"
"""Of a request for what is not there: its path is whatever its client makes up."""

_EXCHANGE = "taskoverflow.exchange"
_CONVERTER = re.compile(r":[a-z_]+\}")
_CLIENT_GONE = 499
"""What nginx calls the status of an answer whose client did not wait for it."""
_FAILED = 500


@dataclass(slots=True)
class _Exchange:
    """What becomes known of one request."""

    status: int | None = None
    route: str = NO_ROUTE


class Requests:
    """Meets a request first of all that is ours; the server makes a task of its own for each."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, traceparent: Callable[[], str | None]) -> None:
        self._app = app
        self._metrics = metrics
        self._traceparent = traceparent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = self._origin(scope)
        exchange = scope[_EXCHANGE] = _Exchange()
        header = (_REQUEST_ID, (origin.request_id or "").encode())

        async def notice_leaving() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and exchange.status is None:
                # What is answered from now on nobody hears.
                exchange.status = _CLIENT_GONE
            return message

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = exchange.status or int(message["status"])
                message = {**message, "headers": [*message["headers"], header]}
            await send(message)

        metrics = self._metrics
        metrics.in_progress.inc()
        began, status = time.perf_counter(), _CLIENT_GONE
        try:
            await self._app(scope, notice_leaving, send_with_id)
            status = exchange.status or _CLIENT_GONE
        except Exception:
            # Whoever is outside of us answers it, and the server logs it with these ids.
            status = _FAILED
            raise
        finally:
            seconds = time.perf_counter() - began
            metrics.in_progress.dec()
            metrics.ended(scope["method"], exchange.route, status, seconds)
            _tell(scope, exchange.route, status, seconds)

    def _origin(self, scope: Scope) -> Origin:
        given = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}
        request_id = read_request_id(given.get(_REQUEST_ID, "")) or token_hex(16)
        # The span that was begun for this request, or without tracing that of whoever sent it.
        traceparent = self._traceparent() or read_traceparent(given.get(b"traceparent", ""))
        origin = Origin(request_id, traceparent)
        # Nothing puts these back: what the server says of the request afterwards is part of it, too.
        current_origin.set(origin)
        clear_contextvars()
        bind_contextvars(**origin.ids)
        return origin


_WANTED = frozenset({_REQUEST_ID, b"traceparent"})


def _tell(scope: Scope, route: str, status: int, seconds: float) -> None:
    tell = log.debug if route in PROBES and status < _FAILED else log.info
    # As a trusted proxy names it, which may be known only now.
    client = scope["client"][0] if scope.get("client") else None
    tell(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        seconds=round(seconds, 6),
        client=client,
    )


class RouteNoted:
    """Stands behind all that makes a copy of the scope, and notes which route the request came to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if (exchange := scope.get(_EXCHANGE)) is not None:
                exchange.route = _route(scope)


def _route(scope: Scope) -> str:
    if (path := getattr(scope.get("route"), "path", None)) is not None:
        return route_label(path)
    if scope.get("endpoint") is None:
        return NO_ROUTE
    # Files that are served as they are, or a page that has no route of the framework's kind.
    return f"{scope['root_path']}/{{file}}" if scope.get("root_path") else str(scope["path"])


@lru_cache
def route_label(path: str) -> str:
    """A route's path as clients know it, without how its parameters are matched."""
    return _CONVERTER.sub("}", path)
