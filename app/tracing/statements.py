"""What is asked of Postgres within a span: the statement, and never its parameters."""

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

_MAX_TEXT = 1000
_SPAN = "_taskoverflow_span"
_KINDS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "FETCH"})


class Statements:
    """Spans around the statements of an engine."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def listen(self, engine: AsyncEngine) -> None:
        """Begin to."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._begins)
        event.listen(engine.sync_engine, "after_cursor_execute", self._ends)
        event.listen(engine.sync_engine, "handle_error", self._fails)

    def _begins(
        self, _conn: object, _cursor: object, statement: str, _params: object, context: object, _many: object
    ) -> None:
        if context is not None and (span := self.begin(statement)) is not None:
            setattr(context, _SPAN, span)

    def begin(self, statement: str) -> Span | None:
        """A span for a statement that is part of another one."""
        # What belongs to nothing, as a sweeper's look every second, would be a trace of its own each time.
        if not trace.get_current_span().is_recording():
            return None
        word = statement.split(None, 1)[0].upper() if statement else ""
        values = {
            "db.system.name": "postgresql",
            "db.operation.name": word if word in _KINDS else "OTHER",
            "db.query.text": statement[:_MAX_TEXT],
        }
        name = f"postgres {values['db.operation.name']}"
        return self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=values)

    def _ends(
        self,
        _conn: object,
        _cursor: object,
        _statement: object,
        _params: object,
        context: object,
        _many: object,
    ) -> None:
        span: Span | None = getattr(context, _SPAN, None)
        if span is not None:
            span.end()

    def _fails(self, error: ExceptionContext) -> None:
        span: Span | None = getattr(error.execution_context, _SPAN, None)
        if span is not None and span.is_recording():
            tell_error(span, error.original_exception)
            span.end()


def tell_error(span: Span, error: BaseException) -> None:
    """By its kind alone: its words may quote the row."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR)
