"""Spans by OpenTelemetry's SDK; imported only where traces are asked for."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from threading import Thread
from typing import Any
from uuid import UUID

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span as RecordedSpan
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceFlags
from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.feeds import without_secrets
from app.domain.jobs import Claim
from app.domain.origins import Origin
from app.domain.probes import PROBES
from app.tracing.attempt_ids import AttemptIds, span_of, trace_of
from app.tracing.statements import Statements, tell_error
from app.tracing.tracing import Told, Tracing

_LAST_SECONDS = 3

log = structlog.get_logger(__name__)

_VALUE = re.compile(r"=[^&]*")


class WithoutSecrets(SpanProcessor):
    """Keeps secret URLs, and what people look for, out of what the framework tells of requests."""

    def on_start(self, span: RecordedSpan, parent_context: Context | None = None) -> None:
        """Write anew what may hold one."""
        del parent_context
        told = span.attributes or {}
        if isinstance(path := told.get("url.path"), str):
            span.set_attribute("url.path", without_secrets(path))
        if isinstance(query := told.get("url.query"), str):
            # A search is for words of somebody's todos: which parameters there were must do.
            span.set_attribute("url.query", without_secrets(_VALUE.sub("=…", query)))


class Spans(Tracing):
    """Tells all of it to one provider."""

    def __init__(self, provider: TracerProvider, ids: AttemptIds) -> None:
        self._provider = provider
        self._ids = ids
        self._tracer = provider.get_tracer("taskoverflow")
        self._statements = Statements(self._tracer)

    @property
    def of_requests(self) -> dict[str, Any]:
        """Requests but for probes and scrapes; the framework's steps within them are left out."""
        return {
            "tracer_provider": self._provider,
            "tracing": True,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": _is_probe,
        }

    def traceparent(self) -> str | None:
        """The current span's, as W3C Trace Context writes it."""
        context = trace.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    @contextmanager
    def sending(self, messages: int) -> Iterator[None]:
        """Send within a span, as part of a request: a sweeper's sends are of many jobs."""
        # Not whether that span still records: the request may have been answered before this begins.
        if not trace.get_current_span().get_span_context().is_valid:
            yield
            return
        values = {"messaging.operation.type": "send", "messaging.batch.message_count": messages}
        with self._span("send ical", kind=SpanKind.PRODUCER, attributes=values):
            yield

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do a part of what goes on in a span of its own."""
        with self._span(name):
            yield

    @contextmanager
    def attempt(self, held: Claim) -> Iterator[Told]:
        """Go on from the request's span; the attempt's own has an id that later ones can link to."""
        parent = _context_of(held.origin)
        trace_id = trace_of(held.job_id) if parent is None else parent.trace_id
        values: dict[str, str | int] = {
            "messaging.operation.type": "process",
            "taskoverflow.job.id": str(held.job_id),
            "taskoverflow.attempt": held.attempt,
        }
        with self._ids.chosen(trace_id, span_of(held.job_id, held.attempt)):
            span = self._tracer.start_span(
                "attempt render_calendar",
                _child_of(parent),
                SpanKind.CONSUMER,
                values,
                _earlier(held.job_id, held.attempt, trace_id, parent),
            )
        told = Told()
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield told
            finally:
                span.set_attributes({f"taskoverflow.{name}": value for name, value in told.values.items()})
                if told.failed:
                    span.set_status(StatusCode.ERROR)

    def rescued(self, job_id: UUID, attempt: int, origin: Origin, values: Mapping[str, str]) -> None:
        """Tell in the job's own trace, in place of the attempt that died."""
        parent = _context_of(origin)
        trace_id = trace_of(job_id) if parent is None else parent.trace_id
        about: dict[str, str | int] = {"taskoverflow.job.id": str(job_id), "taskoverflow.attempt": attempt}
        about |= {f"taskoverflow.{name}": value for name, value in values.items()}
        links = [Link(_attempt_context(job_id, attempt, trace_id, parent))]
        with self._ids.chosen(trace_id):
            self._tracer.start_span("rescue", _child_of(parent), attributes=about, links=links).end()

    @contextmanager
    def statement(self, text: str) -> Iterator[None]:
        """Tell of a statement that is part of a span."""
        if (span := self._statements.begin(text)) is None:
            yield
            return
        try:
            yield
        except Exception as error:
            tell_error(span, error)
            raise
        finally:
            span.end()

    def statements_of(self, engine: AsyncEngine) -> None:
        """Tell of each statement that is part of a span."""
        self._statements.listen(engine)

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        # The exporter alone would try for half a minute, and whoever stops us kills us before that.
        last = Thread(target=self._provider.shutdown, name="last-traces", daemon=True)
        last.start()
        last.join(_LAST_SECONDS)
        if last.is_alive():
            log.warning("traces_not_sent", reason=f"the collector did not take them in {_LAST_SECONDS} s")

    @contextmanager
    def _span(self, name: str, **more: Any) -> Iterator[None]:  # noqa: ANN401 - as OpenTelemetry types it
        """A span that tells an error by its kind alone: its words may be somebody's."""
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False, **more
        ) as span:
            try:
                yield
            except Exception as error:
                tell_error(span, error)
                raise


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return scope["path"] in PROBES


def _context_of(origin: Origin) -> SpanContext | None:
    if origin.traceparent is None:
        return None
    _, trace_id, span_id, flags = origin.traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def _child_of(parent: SpanContext | None) -> Context:
    # Never of whatever happens to go on here.
    return (
        Context() if parent is None else trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())
    )


def _earlier(job_id: UUID, attempt: int, trace_id: int, parent: SpanContext | None) -> list[Link]:
    return [
        Link(_attempt_context(job_id, number, trace_id, parent), {"taskoverflow.attempt": number})
        for number in range(1, attempt)
    ]


def _attempt_context(job_id: UUID, attempt: int, trace_id: int, parent: SpanContext | None) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED) if parent is None else parent.trace_flags
    return SpanContext(trace_id, span_of(job_id, attempt), is_remote=True, trace_flags=flags)
