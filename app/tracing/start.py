"""Whether and where traces go: OpenTelemetry's own variables say so."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog

from app.tracing.tracing import OFF, Tracing

log = structlog.get_logger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"


def start_tracing(service: str, environment: Mapping[str, str] = os.environ) -> Tracing:
    """Trace to where the environment says; off where it names no place, or where that can't be done.

    ``service`` is the name that traces have where the environment gives none. Traces are no reason not to
    work: what keeps them from being sent is told in the log.
    """
    if not _is_wanted(environment):
        return OFF
    protocol = _first(environment, _PROTOCOLS) or _PROTOCOL
    if protocol != _PROTOCOL:
        log.warning("not_traced", reason=f"{protocol} is not spoken here: expected {_PROTOCOL}")
        return OFF
    host = _host(_first(environment, _ENDPOINTS) or "")
    if host is None:
        log.warning("not_traced", reason="the endpoint is no URL: expected http://host:port")
        return OFF
    try:
        from app.tracing.export import export_spans  # noqa: PLC0415 - loads the SDK, which may not be there

        tracing = export_spans(service)
    except ModuleNotFoundError:
        log.warning("not_traced", reason="the extra is not installed: taskoverflow[otel]")
        return OFF
    except Exception as error:  # noqa: BLE001 - the SDK raises at some values of its variables
        log.warning("not_traced", reason=str(error) or type(error).__name__)
        return OFF
    log.info("traced", to=host)
    return tracing


def _host(endpoint: str) -> str | None:
    """Where to; not the whole address, which may have a password."""
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


def _is_wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() != "otlp":
        return False
    return _first(environment, _ENDPOINTS) is not None


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
