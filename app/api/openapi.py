"""What the schema says beyond the routes."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.event_stream import EVENT_STREAM
from app.api.idempotency import REPLAYED
from app.api.models import TaskStatus
from app.api.problems import MEDIA_TYPE, ProblemModel
from app.api.tidy_schema import tidy

_DESCRIPTION = """\
Todos in, a calendar out. Ask for one with `POST /api/v1/todos/ical`, watch its `task_url`, and download
the iCalendar file from its `result_url`. Every error is a problem (RFC 9457)."""

_TAGS = [
    {"name": "todos", "description": "What is to be done, and by when."},
    {"name": "calendars", "description": "Calendars of the todos, made in the background."},
    {"name": "feeds", "description": "Calendars that apps subscribe to, each at a secret URL."},
    {"name": "health", "description": "Whether the service is there and can work."},
]

_PROBLEMS = {
    400: "The request is not what was expected; `errors` says where, and nothing was changed.",
    404: "There is no such thing, or not yet.",
    408: "The body did not arrive in time.",
    409: "Things are in a way that rules this out; `detail` says how.",
    410: "The task was cancelled, or its file was removed after its time.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The `Idempotency-Key` was sent with another body before; nothing was changed.",
    429: "Too many tasks are open; `Retry-After` says when to try again, once some have ended.",
    503: "The service can't do this now; `Retry-After` says when to try again.",
}

_TEXT = {"schema": {"type": "string"}}
LINK_HEADER = {"Link": {"description": 'The next page, as `<…>; rel="next"`, where there is one.', **_TEXT}}

_FILE_HEADERS = {
    "ETag": {"description": "Changes with the file.", **_TEXT},
    "Last-Modified": {"description": "When the file was made.", **_TEXT},
    "Content-Disposition": {"description": "The file's name.", **_TEXT},
}
RATELIMIT_HEADERS = {
    "RateLimit-Policy": {"description": 'How many tasks may be open, as `"open-tasks";q=…`.', **_TEXT},
    "RateLimit": {"description": 'How many more may be asked for now, as `"open-tasks";r=…`.', **_TEXT},
}
_HEADERS = {429: {"Retry-After": {"description": "In seconds.", **_TEXT}, **RATELIMIT_HEADERS}}
# OpenAPI 3.1 has no schema for each event; as one of the whole stream, generated clients would take it.
_EVENT_STREAM = {
    "schema": {"type": "string"},
    "example": "event: timeline\nid: 71\n"
    'data: {"at":"2026-11-24T08:30:00Z","attempt":1,"kind":"claimed"}\n\n',
}
_EXAMPLE = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Taskoverflow Calendar//mxm.dk//\r\nEND:VCALENDAR\r\n"
_FILE = {
    "content": {"text/calendar": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    "headers": _FILE_HEADERS,
}

PREFERENCE_APPLIED = {
    "Preference-Applied": {"description": "`wait=N`, where `Prefer` asked for it.", **_TEXT},
}
_ACCEPTED_HEADERS = {
    "Location": {"description": "The `task_url`.", **_TEXT},
    REPLAYED: {
        "description": "`true` where the request was a repetition, and its task was accepted before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    **PREFERENCE_APPLIED,
    **RATELIMIT_HEADERS,
}
ACCEPTED_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Accepted, and made while the client waited, as it preferred.",
        "model": TaskStatus,
        "headers": _ACCEPTED_HEADERS,
    },
    202: {"description": "Accepted: it will be made, whatever dies.", "headers": _ACCEPTED_HEADERS},
}
EVENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`timeline` events, whose data is a `TaskEvent`, and `status` events with a `Task`.",
        "content": {EVENT_STREAM: _EVENT_STREAM},
    },
    204: {"description": "The task has ended, and the client has heard of all of it."},
}

CALENDAR_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        **_FILE,
        "description": "The file, compressed with gzip where `Accept-Encoding` allows it.",
        "headers": {
            **_FILE_HEADERS,
            "Content-Encoding": {"description": "`gzip`, or there is none.", **_TEXT},
            "Vary": {"description": "`Accept-Encoding`.", **_TEXT},
        },
    },
    206: {"description": "The part of the file that `Range` asked for.", **_FILE},
    304: {"description": "The client has this file already."},
    416: {
        "description": "The file has no such part.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}

MOVED: dict[int | str, dict[str, Any]] = {
    307: {
        "description": "The file is at `Location` for a few minutes, where the service stores it so.",
        "headers": {"Location": {"description": "Where.", **_TEXT}},
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for its ``responses``."""
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


def describe(app: FastAPI) -> None:
    """Have the application serve its complete schema, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _schema(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title="TaskOverflow",
        version=version("taskoverflow"),
        summary="A todo service that makes a calendar of your todos in the background.",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=_TAGS,
        license_info={"name": "MIT", "identifier": "MIT"},
        contact={"name": "The TaskOverflow authors"},
        # Wherever the schema was read: no deployment's address is known here.
        servers=[{"url": "/", "description": "The service that this schema describes."}],
    )
    schema["security"] = []  # nobody has to sign in
    components = schema["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    problem = ProblemModel.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= problem.pop("$defs") | {"Problem": problem}
    for path in schema["paths"].values():
        for operation in path.values():
            # FastAPI's own answer to bad input; ours is a 400, and where ours is a 422 it is a problem.
            answers = operation["responses"]
            if "422" in answers and MEDIA_TYPE not in answers["422"]["content"]:
                del answers["422"]
    return tidy(schema)
