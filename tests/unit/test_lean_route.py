"""A lean route answers as FastAPI's own does, whatever it is sent."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict

from app.api.json_route import JsonRoute
from app.api.lean_route import LeanRoute
from app.api.problems import handle_problems


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "Todos"
    window: int | None = None


def _even(value: int | None) -> int | None:
    if value is not None and value % 2:
        raise ValueError("expected an even number")
    return value


async def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")


async def _length(agent: Annotated[str, Depends(_agent)]) -> int:
    return len(agent)


async def _number(
    length: Annotated[int, Depends(_length)],
    number: Annotated[int | None, Header(alias="X-Number"), AfterValidator(_even)] = None,
) -> int | None:
    return length if number is None else number


async def echo(
    item_id: int,
    request: Request,
    agent: Annotated[str, Depends(_agent)],
    number: Annotated[int | None, Depends(_number)],
    wait: Annotated[int | None, Query(ge=0, le=60)] = None,
    options: Annotated[Options, Body()] = Options(),  # noqa: B008 - frozen
) -> Response:
    told = [item_id, request.method, agent, number, wait, options.model_dump()]
    return Response(repr(told))


async def needs(
    answer: Annotated[str, Header(alias="X-Answer")], question: Annotated[str, Query()]
) -> Response:
    return Response(f"{question} {answer}")


def application(kind: type[JsonRoute]) -> FastAPI:
    app, router = FastAPI(), APIRouter(route_class=kind)
    router.add_api_route("/items/{item_id}", echo, methods=["POST"])
    router.add_api_route("/needs", needs)
    app.router.routes.extend(router.routes)
    handle_problems(app)
    return app


async def answer(kind: type[JsonRoute], method: str, path: str, **request: Any) -> tuple[int, str]:
    transport = httpx.ASGITransport(application(kind))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        given = await client.request(method, path, **request)
    return given.status_code, given.text


@pytest.mark.parametrize(
    ("path", "request_", "status"),
    [
        ("/items/7", {}, 200),
        ("/items/7?wait=5", {"json": {"name": "x", "window": 3}, "headers": {"x-number": "4"}}, 200),
        ("/items/7?wait=5&wait=6", {"headers": [("x-number", "4"), ("x-number", "6")]}, 200),
        ("/items/7?wait=", {"json": {}}, 400),
        ("/items/seven?wait=-1", {"json": {"colour": 1}, "headers": {"x-number": "3"}}, 400),
        ("/items/7", {"json": {"name": None, "window": "many"}}, 400),
        ("/items/7", {"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ("/items/7", {"content": b"[]", "headers": {"content-type": "application/json"}}, 400),
        ("/items/7", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ("/items/7", {"headers": {"x-number": ""}}, 400),
    ],
)
async def test_it_says_the_same(path: str, request_: dict[str, Any], status: int) -> None:
    lean = await answer(LeanRoute, "POST", path, **request_)
    assert lean == await answer(JsonRoute, "POST", path, **request_)
    assert lean[0] == status, lean


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/needs?question=why", {"x-answer": "because"}, 200),
        ("/needs?question=why", {}, 400),
        ("/needs", {"x-answer": "because"}, 400),
    ],
)
async def test_what_is_required_is_missed_by_both(path: str, headers: dict[str, str], status: int) -> None:
    lean = await answer(LeanRoute, "GET", path, headers=headers)
    assert lean == await answer(JsonRoute, "GET", path, headers=headers)
    assert lean[0] == status, lean


async def test_another_method_is_refused_by_both() -> None:
    lean = await answer(LeanRoute, "PUT", "/needs")
    assert lean == await answer(JsonRoute, "PUT", "/needs")
    assert lean[0] == 405


def test_what_it_does_not_know_of_is_refused_when_it_is_made() -> None:
    async def sets_a_header(response: Response) -> Response:
        return response

    with pytest.raises(NotImplementedError, match="lean"):
        APIRouter(route_class=LeanRoute).add_api_route("/", sets_a_header)
