"""What can go wrong for a client, each with its slug, title and status (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from app.domain.quotas import Quota


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
    """Postgres, or where files are, can't be reached or took too long: nothing can be said now."""

    slug, title, status = "unavailable", "Service unavailable", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5


class TooManyTodos(Problem):
    """The owner has as many todos as are allowed; deleting one makes room."""

    slug, title, status = "too-many-todos", "Too many todos", HTTPStatus.CONFLICT


class TooManyOpenTasks(Problem):
    """The owner has as many unfinished jobs as are allowed (RFC 6585 section 4)."""

    slug, title, status = "too-many-open-tasks", "Too many open tasks", HTTPStatus.TOO_MANY_REQUESTS
    retry_after = 1

    def __init__(self, quota: Quota) -> None:
        super().__init__(f"{quota.limit} tasks are open, and no more may be; wait until some have ended.")
        self.quota = quota


class TooManyDownloads(Problem):
    """As many files are being sent as may be at once."""

    slug, title, status = "too-many-downloads", "Too many downloads", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5


class TooManyWatchers(Problem):
    """As many clients wait for tasks to change as may at once."""

    slug, title, status = "too-many-watchers", "Too many watchers", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 5


class FeedNotFound(Problem):
    """There is no such feed, or none at that URL any more."""

    slug, title, status = "calendar-not-found", "Calendar not found", HTTPStatus.NOT_FOUND


class FeedFailed(Problem):
    """The feed has no file, since it could not be rendered; the next render may go better."""

    slug, title, status = "calendar-failed", "Calendar failed", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 300


class FeedNotReady(Problem):
    """The feed has no file yet."""

    slug, title, status = "calendar-not-ready", "Calendar not ready", HTTPStatus.SERVICE_UNAVAILABLE
    retry_after = 1


class TooManyFeeds(Problem):
    """The owner has as many feeds as are allowed; deleting one makes room."""

    slug, title, status = "too-many-calendars", "Too many calendars", HTTPStatus.CONFLICT


class MalformedRequest(Problem):
    """What arrived is not HTTP."""

    slug, title, status = "malformed-request", "Malformed request", HTTPStatus.BAD_REQUEST


class RequestTimeout(Problem):
    """The client took too long to send its request (RFC 9110 section 15.5.9)."""

    slug, title, status = "request-timeout", "Request timeout", HTTPStatus.REQUEST_TIMEOUT


class ContentTooLarge(Problem):
    """The body is larger than any that is taken (RFC 9110 section 15.5.14)."""

    slug, title, status = "content-too-large", "Content too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class HeadersTooLarge(Problem):
    """The headers are larger than any that are taken (RFC 6585 section 5)."""

    slug, title, status = (
        "headers-too-large",
        "Headers too large",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    )


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
