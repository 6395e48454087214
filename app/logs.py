"""Logs: events with names and values, on standard error.

What belongs to a request, a job, an attempt or a trace has its id, by structlog's context variables.
"""

import json
import logging
import sys
from contextlib import suppress
from typing import Literal

import structlog
from pydantic_core import to_json
from structlog.typing import EventDict, WrappedLogger

from app.domain.feeds import without_secrets
from app.tracebacks import shown, without_data

LogFormat = Literal["auto", "console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


class _Lines:
    """Our own logger of a name: its level is the library's to say, and its lines are written at once.

    Through the library each event would become a record, which is made into the same line at twice the cost.
    """

    def __init__(self, name: str) -> None:
        logger = logging.getLogger(name)
        self.name = logger.name
        self.disabled = False
        self.getEffectiveLevel = logger.getEffectiveLevel
        self._stream = sys.stderr

    def info(self, line: str) -> None:
        """Write a line; that it can't be written is no reason for whoever had something to say to fail."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{without_secrets(line)}\n")

    debug = warning = error = critical = info


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """The last place that every line of a library passes: no secret URL gets beyond it."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def configure_logs(log_format: LogFormat, level: LogLevel = "info") -> None:
    """Send our own events and the libraries' through one formatter; ``auto`` is JSON but on a terminal."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _show_errors,
    ]
    renderer = _renderer(log_format)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, renderer],
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            keep_exc_info=False,
        )
    )
    # No line tells of these, and finding them out would take a third of its time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - as the library's manual says
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    _set_levels(level.upper())


def _renderer(log_format: LogFormat) -> structlog.types.Processor:
    if log_format == "json" or (log_format == "auto" and not sys.stderr.isatty()):
        return _render_json
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    try:
        return to_json(event, fallback=repr).decode()
    except ValueError:
        # Bytes that are no text; the standard library takes three times as long, and takes everything.
        return json.dumps(event, default=repr)


def _set_levels(level: str) -> None:
    for ours in ("app", "workers", "__main__"):
        logging.getLogger(ours).setLevel(level)
    # Never lower for the libraries: some of them then write down what they send, with passwords and todos.
    logging.getLogger().setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    # They tell of their own set-up, alembic each time that readiness is asked for; httpx of each request.
    for talkative in ("alembic", "botocore", "dramatiq", "httpx", "opentelemetry"):
        logging.getLogger(talkative).setLevel(max(logging.WARNING, logging.getLogger().level))
    # Of a header for the collector that makes no sense it quotes all, the key of its service too.
    logging.getLogger("opentelemetry.util.re").setLevel(logging.ERROR)
    # It logs what it raises as well, with tracebacks; who calls it says the same in a line.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def _show_errors(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put tracebacks into words, and have neither them nor reasons quote what an error was about."""
    exc_info = event.pop("exc_info", None)
    if isinstance(exc_info, tuple):
        error = exc_info[1]
    else:
        error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1] if exc_info else None
    if error is not None:
        event["exception"] = shown(error)
    for name in ("event", "reason"):
        if isinstance(event.get(name), str):
            event[name] = without_data(event[name])
    return event
