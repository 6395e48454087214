"""``taskoverflow api`` and ``taskoverflow worker``: one process each, in the foreground."""

import os
import sys

import uvicorn

from app.cli.configuration import read_settings
from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings

_GRACE_SECONDS = 10


def api() -> None:
    """Serve the HTTP API."""
    settings = read_settings(Settings)
    configure_logs(settings.log_format)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        # Whose forwarded headers are believed is ours to say: TASKOVERFLOW_TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def worker() -> None:
    """Make calendars until told to stop."""
    read_settings(Settings)
    # The app never imports the workers: they become this process.
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 - our own module
