"""``taskoverflow api``: the HTTP API, one process in the foreground."""

import uvicorn

from app.cli.serving.receiving import bounded_protocol
from app.cli.serving.sending import Bounds
from app.logs import configure_logs
from app.main import create_app
from app.queue.publisher import PATIENCE
from app.queue.startup import require_broker
from app.settings import Settings, read_settings

_GRACE_SECONDS = 10


def api() -> None:
    """Serve the HTTP API."""
    settings = read_settings(Settings)
    configure_logs(settings.log_format)
    require_broker(settings, patience=PATIENCE)
    uvicorn.run(
        create_app(settings),
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
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
