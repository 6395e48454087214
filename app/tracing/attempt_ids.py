"""Ids of attempts' spans, which follow from the job and the attempt's number.

So a later attempt, or the sweeper, can link to one whose worker died before it could tell or store anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from uuid import UUID

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator


def span_of(job_id: UUID, attempt: int) -> int:
    """The span id of an attempt, as random as the job's id."""
    return _digest(job_id, attempt, 8)


def trace_of(job_id: UUID) -> int:
    """The trace id of a job that no traced request asked for; spread evenly, as samplers expect."""
    return _digest(job_id, 0, 16)


def _digest(job_id: UUID, attempt: int, size: int) -> int:
    data = job_id.bytes + attempt.to_bytes(4)
    # An id of zero is none.
    return int.from_bytes(blake2b(data, digest_size=size).digest()) or 1


class AttemptIds(RandomIdGenerator):
    """Random ids, but where they were chosen."""

    def __init__(self) -> None:
        self._trace_id: ContextVar[int | None] = ContextVar("chosen_trace_id", default=None)
        self._span_id: ContextVar[int | None] = ContextVar("chosen_span_id", default=None)

    def generate_trace_id(self) -> int:
        """The chosen one, or a new one."""
        return self._trace_id.get() or super().generate_trace_id()

    def generate_span_id(self) -> int:
        """The chosen one, or a new one."""
        return self._span_id.get() or super().generate_span_id()

    @contextmanager
    def chosen(self, trace_id: int, span_id: int | None = None) -> Iterator[None]:
        """Give these to what is started in the block; the trace's only where it has no parent."""
        trace_token, span_token = self._trace_id.set(trace_id), self._span_id.set(span_id)
        try:
            yield
        finally:
            self._trace_id.reset(trace_token)
            self._span_id.reset(span_token)
