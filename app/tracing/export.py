"""Spans that are sent by OTLP over HTTP, or wherever a test wants to read them."""

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from app.tracing.attempt_ids import AttemptIds
from app.tracing.spans import Spans, WithoutSecrets


def export_spans(service: str) -> Spans:
    """Send them in batches, on a thread of their own, with all that the standard variables say."""
    return spans_to(BatchSpanProcessor(OTLPSpanExporter()), service)


def spans_to(processor: SpanProcessor, service: str) -> Spans:
    """Give finished spans to a processor."""
    ids = AttemptIds()
    provider = TracerProvider(resource=_resource(service), id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(WithoutSecrets())
    provider.add_span_processor(processor)
    return Spans(provider, ids)


def _resource(service: str) -> Resource:
    found = Resource.create({SERVICE_VERSION: version("taskoverflow")})
    if str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        return found.merge(Resource({SERVICE_NAME: service}))
    return found
