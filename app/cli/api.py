"""``taskoverflow api``: the HTTP API in the foreground."""

from datetime import timedelta

from app.cli import loading
from app.cli.serving.inheritance import inherited_sockets
from app.logs import configure_logs
from app.queue.startup import require_broker
from app.settings import Settings, read_settings

_PATIENCE = timedelta(seconds=1)
"""How long the broker may take before it counts as down, which keeps nobody from starting."""


def api() -> None:
    """Serve the HTTP API."""
    settings = read_settings(Settings)
    configure_logs(settings.log_format, settings.log_level)
    sockets = inherited_sockets()
    if not sockets:
        require_broker(settings, patience=_PATIENCE)
    # Each loads what it needs alone: one that only sees to others is small, and starts them at once.
    loading.begin()
    if sockets or settings.api_processes == 1:
        from app.cli.serving.server import serve  # noqa: PLC0415

        loading.done()
        serve(settings, sockets)
    else:
        from app.cli.serving.together import serve_together  # noqa: PLC0415

        loading.done()
        serve_together(settings)
