"""Routes that are asked for so often that what reading their parameters takes counts."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from starlette.types import Receive, Scope, Send

from app.api.body_limit import has_body, once
from app.api.json_route import JsonRoute, read_json

_HEADERS = "taskoverflow.headers"
_NOTHING: Mapping[str, str] = {}


class _Flawed(Exception):  # noqa: N818 - says what happened
    """A parameter is not what was expected, or is missing."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """What is read of a request; ``field`` is FastAPI's own, which validates it."""

    name: str
    alias: str
    place: Callable[[Request], Mapping[str, Any]]
    field: Any
    default: Any

    def read(self, request: Request) -> Any:  # noqa: ANN401 - whatever the parameter's type is
        value = self.place(request).get(self.alias)
        if value is not None:
            return _validated(self.field, value)
        if self.field.field_info.is_required():
            raise _Flawed
        return self.default


@dataclass(frozen=True, slots=True)
class _Call:
    """A dependency, or the endpoint itself, and what it is called with."""

    name: str | None
    function: Callable[..., Awaitable[Any]]
    request_name: str | None
    parameters: tuple[_Parameter, ...]
    dependencies: "tuple[_Call, ...]"

    async def values(self, request: Request, known: dict[Callable[..., Any], Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for each in self.dependencies:
            if each.function not in known:
                known[each.function] = await each.function(**await each.values(request, known))
            values[each.name or ""] = known[each.function]
        for parameter in self.parameters:
            values[parameter.name] = parameter.read(request)
        if self.request_name is not None:
            values[self.request_name] = request
        return values


class LeanRoute(JsonRoute):
    """A route for which it is found out once, and not for each request, where its parameters come from.

    They are declared as for any other, and mean the same. Of a request that is not as it should be FastAPI
    itself finds out what to say. Every value is a single one and every default can be shared; dependencies
    change nothing, and the endpoint gives a complete response.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - the framework's own
        super().__init__(*args, **options)
        self._call = _compiled(self.dependant)
        self._default = None if self.body_field is None else self.body_field.default

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            values = await self._values(request)
        except _Flawed:
            await super().handle(scope, once(await request.body(), receive), send)
            return
        response: Response = await self._call.function(**values)
        await response(scope, receive, send)

    async def _values(self, request: Request) -> dict[str, Any]:
        reads_body = self.body_field is not None and has_body(request.scope)
        body = await read_json(request) if reads_body else None
        values = await self._call.values(request, {})
        if self.body_field is not None:
            value = self._default if body is None else _validated(self.body_field, body)
            values[self.body_field.name] = value
        return values


def _validated(field: Any, value: object) -> Any:  # noqa: ANN401 - whatever the field's type is
    validated, errors = field.validate(value)
    if errors:
        raise _Flawed
    return validated


def _compiled(dependant: Dependant) -> _Call:
    assert dependant.call is not None  # noqa: S101 - only of a router as a whole is there none
    unknown = (dependant.cookie_params, dependant.response_param_name, dependant.background_tasks_param_name)
    if any(unknown):
        raise NotImplementedError(f"{dependant.call} takes what a lean route does not know of")
    return _Call(
        dependant.name,
        dependant.call,
        dependant.request_param_name,
        tuple(_parameters(dependant)),
        tuple(_compiled(each) for each in dependant.dependencies),
    )


def _parameters(dependant: Dependant) -> Iterator[_Parameter]:
    for fields, place in (
        (dependant.path_params, _path),
        (dependant.query_params, _query),
        (dependant.header_params, _headers),
    ):
        for field in fields:
            # Names of headers have no case (RFC 9110 section 5.1), and the server's are in small letters.
            alias = field.alias.lower() if place is _headers else field.alias
            yield _Parameter(field.name, alias, place, field, field.default)


def _path(request: Request) -> Mapping[str, Any]:
    return request.path_params


def _query(request: Request) -> Mapping[str, Any]:
    return request.query_params if request.scope["query_string"] else _NOTHING


def _headers(request: Request) -> Mapping[str, str]:
    """As Starlette's own, which looks through all of them each time: the first one of a name counts."""
    found: Mapping[str, str] | None = request.scope.get(_HEADERS)
    if found is None:
        raw = reversed(request.scope["headers"])
        found = request.scope[_HEADERS] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in raw
        }
    return found
