"""Bodies: what is JSON, and what is not."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Never

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.domain.errors import Flaw, InvalidRequest, UnsupportedMediaType


class JsonRoute(APIRoute):
    """A route whose body, where it has one, is a JSON object.

    An empty body is what the route's model makes of nothing, whatever its content type says.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def check_and_handle(request: Request) -> Response:
            if takes_body and (body := await read_json(request)) is not None:
                # Starlette keeps a parsed body here, and FastAPI asks for it: it is parsed once.
                request._json = body  # noqa: SLF001
            return await handle(request)

        return check_and_handle


async def read_json(request: Request) -> dict[str, Any] | None:
    """The object in a request's body; None if that is empty."""
    if not (body := await request.body()):
        return None
    _check_content_type(request.headers.get("content-type", ""))
    return _parse(body)


def _check_content_type(header: str) -> None:
    media_type = header.partition(";")[0].strip().lower()
    kind, _, subtype = media_type.partition("/")
    if kind != "application" or not (subtype == "json" or subtype.endswith("+json")):
        raise UnsupportedMediaType(f"Expected application/json, got {media_type or 'no content type'}.")


def _parse(body: bytes) -> dict[str, Any]:
    try:
        # json would guess UTF-16 and UTF-32 too; RFC 8259 section 8.1 knows UTF-8 alone.
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise InvalidRequest([Flaw("", "expected JSON that is not nested this deeply")]) from None
    except ValueError as error:
        raise InvalidRequest([Flaw("", f"expected JSON: {error}")]) from None
    if not isinstance(value, dict):
        raise InvalidRequest([Flaw("", "expected a JSON object")])
    return value


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON value")
