"""What can go wrong for a client, each with its slug, title and status (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Something that a client is told about; one handler turns it into an answer."""

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[HTTPStatus]
    retry_after: ClassVar[int | None] = None
    """Seconds after which the same request may do better."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TodoNotFound(Problem):
    """There is no such todo."""

    slug, title, status = "todo-not-found", "Todo not found", HTTPStatus.NOT_FOUND


class TaskNotFound(Problem):
    """There is no such job."""

    slug, title, status = "task-not-found", "Task not found", HTTPStatus.NOT_FOUND


class TaskNotFinished(Problem):
    """The result was asked for before the job ended."""

    slug, title, status = "task-not-finished", "Task not finished", HTTPStatus.NOT_FOUND
    retry_after = 1


class TaskFailed(Problem):
    """The job ended without a result."""

    slug, title, status = "task-failed", "Task failed", HTTPStatus.CONFLICT


class TaskCancelled(Problem):
    """The job was cancelled before it had a result."""

    slug, title, status = "task-cancelled", "Task cancelled", HTTPStatus.GONE


class TaskEnded(Problem):
    """The job can't be cancelled, since it has ended in another way."""

    slug, title, status = "task-already-ended", "Task already ended", HTTPStatus.CONFLICT


class TaskExpired(Problem):
    """The result was removed after its time."""

    slug, title, status = "task-expired", "Task expired", HTTPStatus.GONE


class KeyReused(Problem):
    """The idempotency key was sent before, with another body."""

    slug, title, status = (
        "idempotency-key-reused",
        "Idempotency key reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )


class Unavailable(Problem):
    """Postgres can't be reached: nothing was stored, and nothing can be said."""

    slug, title, status = "unavailable", "Service unavailable", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5


class UnsupportedMediaType(Problem):
    """The body is not JSON."""

    slug, title, status = (
        "unsupported-media-type",
        "Unsupported media type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a request."""

    pointer: str
    """A JSON pointer (RFC 6901) to the member, or a slash and the parameter's name."""
    detail: str


class InvalidRequest(Problem):
    """The request is not what was expected, and nothing was changed."""

    slug, title, status = "invalid-request", "Invalid request", HTTPStatus.BAD_REQUEST

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.pointer or 'body'}: {flaw.detail}" for flaw in flaws))
        self.flaws = flaws
