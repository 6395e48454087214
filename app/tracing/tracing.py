"""What the service tells of its work in traces; as it stands here nothing, at no cost."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from app.domain.jobs import Claim
from app.domain.origins import Origin


@dataclass(slots=True)
class Told:
    """What is to be said of a span at its end."""

    values: dict[str, str | int] = field(default_factory=dict)
    failed: bool = False


class Tracing:
    """Tracing that is off. Spans are named and described by what is done, and never by anybody's data."""

    @property
    def of_requests(self) -> dict[str, Any]:
        """What FastAPI is to tell of requests: its ``TelemetryConfig``."""
        return {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

    def traceparent(self) -> str | None:
        """The span that goes on here, for a job to go on from."""
        return None

    @contextmanager
    def sending(self, messages: int) -> Iterator[None]:
        """Messages are handed to the broker."""
        del messages
        yield

    @contextmanager
    def attempt(self, held: Claim) -> Iterator[Told]:
        """An attempt at a job, linked to those before it."""
        del held
        yield Told()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A part of what goes on."""
        del name
        yield

    def rescued(self, job_id: UUID, attempt: int, origin: Origin, values: Mapping[str, str]) -> None:
        """A job was taken from an attempt that can't tell of itself any more."""

    @contextmanager
    def statement(self, text: str) -> Iterator[None]:
        """One statement that goes to the driver itself, which no engine knows of."""
        del text
        yield

    def statements_of(self, engine: AsyncEngine) -> None:
        """Tell of the statements that go on within a span."""

    def close(self) -> None:
        """Hand over what was told and not yet sent."""


OFF = Tracing()
