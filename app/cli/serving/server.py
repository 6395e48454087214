"""One process that serves the HTTP API."""

import math
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from app.cli import stopping
from app.cli.serving.accepting import Accepting
from app.cli.serving.listening import NOT_STARTED
from app.cli.serving.receiving import bounded_protocol
from app.cli.serving.sending import Bounds
from app.main import create_app
from app.metrics.api import ApiMetrics
from app.settings import Settings
from app.tracing.start import start_tracing

_GRACE_SECONDS = 10


def serve(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Serve until told to stop: on the sockets of several processes, or alone if there are none."""
    together = bool(sockets)
    application = create_app(settings, start_tracing("taskoverflow-api"), ApiMetrics.new(together=together))
    server = _Server(_config(settings, application), application)
    with suppress(KeyboardInterrupt):
        server.run(list(sockets) or None)
    if not server.started:
        raise SystemExit(NOT_STARTED)


def _config(settings: Settings, application: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        http=bounded_protocol(
            Bounds(
                head_bytes=settings.max_header_bytes,
                receive=settings.receive_timeout.total_seconds(),
                send=settings.send_timeout.total_seconds(),
            )
        ),
        # There is none here, and a connection that changed to it would leave those bounds.
        ws="none",
        # Whose forwarded headers are believed is ours to say: TASKOVERFLOW_TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        # Ours says as much, with ids and without what clients make up.
        access_log=False,
        timeout_keep_alive=math.ceil(settings.keep_alive.total_seconds()),
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


class _Server(Accepting):
    def __init__(self, config: uvicorn.Config, application: FastAPI) -> None:
        super().__init__(config)
        self._application = application

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            stopping.heed()
            yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Those who wait for tasks to change would be waited for, and then cut off: they are answered now.
        await self._application.state.watching.close()
        await super().shutdown(sockets)
