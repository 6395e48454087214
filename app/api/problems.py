"""Errors as answers: one shape everywhere, ``application/problem+json`` (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from app.api.ratelimit import ratelimit_headers
from app.domain.errors import Flaw, InvalidRequest, Problem, TooManyOpenTasks, Unavailable
from app.domain.feeds import without_secrets
from app.domain.origins import REQUEST_ID, current_origin
from app.storage.database import ERRORS, is_unreachable
from app.storage.s3 import S3Trouble

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class FlawModel(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(
        description="A JSON pointer to the member of the body; for a parameter, a slash and its name. "
        "Empty for the body as a whole.",
        examples=["/title"],
    )
    detail: str = Field(description="What was expected.", examples=["expected 1 to 80 characters"])


class ProblemModel(BaseModel):
    """Why a request was not fulfilled (RFC 9457)."""

    type: str = Field(description="Names the kind of problem.", examples=["urn:problem-type:todo-not-found"])
    title: str = Field(description="The kind of problem, in words.", examples=["Todo not found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened this time.", examples=["There is no todo 7."])
    instance: str = Field(description="The path of the request.", examples=["/api/v1/todos/7"])
    error: str = Field(description="The title again, for older clients.", examples=["Todo not found"])
    errors: list[FlawModel] | SkipJsonSchema[None] = Field(
        default=None, description="What is wrong with the request, one by one."
    )


def problem(
    request: Request,
    slug: str,
    title: str,
    status: int,
    detail: str,
    *,
    flaws: Sequence[Flaw] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the answer that tells of a problem."""
    body = problem_body(slug, title, status, detail, instance=request.url.path, flaws=flaws)
    return Response(body, status, {**(headers or {}), "cache-control": "no-store"}, MEDIA_TYPE)


def problem_body(
    slug: str, title: str, status: int, detail: str, *, instance: str, flaws: Sequence[Flaw] = ()
) -> bytes:
    """A problem in JSON."""
    body: dict[str, Any] = {
        "type": f"urn:problem-type:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        # A problem is passed on to others more easily than the address that it came from.
        "instance": without_secrets(instance),
        "error": title,
    }
    if flaws:
        body["errors"] = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in flaws]
    # In ASCII, since a detail may repeat what a client sent, lone surrogates included.
    return json.dumps(body).encode("ascii")


def answer(request: Request, error: Problem) -> Response:
    """Make the answer that tells of one of the domain's errors."""
    headers = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    flaws = error.flaws if isinstance(error, InvalidRequest) else ()
    if isinstance(error, TooManyOpenTasks):
        headers |= ratelimit_headers(error.quota)
    return problem(request, error.slug, error.title, error.status, error.detail, flaws=flaws, headers=headers)


def handle_problems(app: FastAPI) -> None:
    """Turn every error into a problem, those of the framework included."""
    app.add_exception_handler(Problem, _of_the_domain)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _unexpected)
    for error in ERRORS:
        app.add_exception_handler(error, _of_postgres)
    app.add_exception_handler(S3Trouble, _of_s3)


async def _of_the_domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it alone
    return answer(request, error)


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    return answer(request, InvalidRequest([_flaw(e) for e in error.errors()]))


def _flaw(error: Mapping[str, Any]) -> Flaw:
    # The first step says where it stood (body, query, path); a pointer begins behind it.
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in error["loc"][1:]]
    detail = {
        "missing": "required",
        "extra_forbidden": "not a known member",
    }.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return Flaw("".join(f"/{step}" for step in steps), detail)


async def _of_the_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    status = HTTPStatus(error.status_code)
    title = status.phrase.capitalize()
    slug = title.lower().replace(" ", "-")
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    detail = title
    if status == HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = _allowed(request, headers.get("allow", ""))
        detail = f"Allowed here: {headers['allow']}."
    return problem(request, slug, title, status, detail, headers=headers)


def _allowed(request: Request, of_one_route: str) -> str:
    """Every method of a path; the framework names those of the first route that matched it alone."""
    paths: dict[str, dict[str, object]] = request.app.openapi()["paths"]
    # A literal path is the better match for a request than a template.
    for path in sorted(paths, key=lambda path: path.count("{")):
        pattern, _, _ = compile_path(path)
        if pattern.match(request.url.path):
            methods = {method.upper() for method in paths[path]}
            return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return of_one_route


async def _of_postgres(request: Request, error: Exception) -> Response:
    if not is_unreachable(error):
        raise error
    detail = "The database can't be reached now."
    if request.method not in {"GET", "HEAD"}:
        # A COMMIT may have been done whose answer was lost.
        detail += " What was asked for may have been done, or not."
    return answer(request, Unavailable(detail))


async def _of_s3(request: Request, error: Exception) -> Response:
    log.warning("results_unreachable", reason=str(error))
    return answer(request, Unavailable("The place where calendars are stored can't be reached now."))


async def _unexpected(request: Request, _error: Exception) -> Response:
    # The server logs the traceback; a client is told nothing that it could not use.
    return problem(
        request,
        "internal-server-error",
        "Internal server error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here; it is not the request's fault.",
        # This answer is sent from outside of what gives all others theirs.
        headers={REQUEST_ID: request_id} if (request_id := current_origin.get().request_id) else None,
    )
