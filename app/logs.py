"""Logs: events with names and values, on standard error."""

import logging
import sys
from typing import Literal

import structlog

from app.domain.feeds import without_secrets

LogFormat = Literal["console", "json"]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """The last place that every line passes, whichever library wrote it: no secret URL gets beyond it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def configure_logs(log_format: LogFormat) -> None:
    """Send our own events and the libraries' through one formatter."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor
    if log_format == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    else:
        # Plain tracebacks: structlog's own show local variables, and passwords among them.
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # They tell of their own set-up: alembic each time that readiness is asked for.
    for talkative in ("alembic", "botocore", "dramatiq"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    # It logs what it raises as well, with tracebacks; who calls it says the same in a line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
