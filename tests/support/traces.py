"""Traces that a test can read, of the API and a worker in its own process."""

from dataclasses import dataclass, field

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.tracing.export import spans_to
from app.tracing.spans import Spans


@dataclass
class Traced:
    """Two services that tell one place, as they do through a collector."""

    told: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def service(self, name: str) -> Spans:
        return spans_to(SimpleSpanProcessor(self.told), name)

    def named(self, name: str) -> list[ReadableSpan]:
        """Those of that name that have ended, in the order in which they began."""
        spans = [span for span in self.told.get_finished_spans() if span.name == name]
        return sorted(spans, key=lambda span: span.start_time or 0)

    def words(self) -> str:
        """All that was told, as one text to search in."""
        return "\n".join(span.to_json() for span in self.told.get_finished_spans())


def trace_of(span: ReadableSpan) -> str:
    return f"{span.context.trace_id:032x}"


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def links_of(span: ReadableSpan) -> list[tuple[int, int]]:
    """The trace and the span of each link."""
    return [(link.context.trace_id, link.context.span_id) for link in span.links]


def id_of(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id
