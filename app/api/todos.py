"""Todos: the resource."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator
from starlette.convertors import IntegerConvertor, register_url_convertor

from app.api.cursor import TODO_CURSOR, after_todo, cursor_parameter, next_page, todo_cursor
from app.api.dependencies import LinksTo, Owner, Todos
from app.api.fields import SearchText
from app.api.json_route import JsonRoute
from app.api.models import NoTodo, TodoCreate, TodoModel, TodoUpdate
from app.api.openapi import LINK_HEADER, problems
from app.api.todo_array import all_todos
from app.api.urls import PREFIX
from app.domain.todos import MAX_WINDOW_DAYS, TodoFilter

router = APIRouter(prefix=f"{PREFIX}/todos", tags=["todos"], route_class=JsonRoute)

_MAX_ID = 2**63 - 1
MAX_PAGE = 1000


class _IdConvertor(IntegerConvertor):
    """Reads ids; no todo has a larger one than the column holds, so such a one is unknown, not an error."""

    def convert(self, value: str) -> int:
        # Python itself refuses to read numbers of thousands of digits.
        digits = value.lstrip("0")
        return _MAX_ID if len(digits) > len(str(_MAX_ID)) else min(int(digits or "0"), _MAX_ID)


register_url_convertor("todo", _IdConvertor())

TodoId = Annotated[int, Path(description="The todo's id.", json_schema_extra={"minimum": 0}, examples=[1])]


def _flag(value: str | None) -> str | None:
    # pydantic alone would take yes, on and 1 as well.
    if value is not None and value.lower() not in {"true", "false"}:
        raise ValueError("expected true or false")
    return value


Completed = Annotated[
    bool | None,
    BeforeValidator(_flag),
    Query(description="Only todos that are done, or only those that are not."),
]
Window = Annotated[
    int | None,
    Query(
        ge=0,
        le=MAX_WINDOW_DAYS,
        description="Only todos due within so many days from now, overdue and completed ones included.",
    ),
]
Search = Annotated[
    SearchText | None,
    Query(description="Only todos whose title or description contains this text, whatever its case."),
]
Limit = Annotated[
    int | None,
    Query(ge=1, le=MAX_PAGE, description="At most so many; a `Link` header leads to the next page."),
]
Cursor = Annotated[str | None, cursor_parameter(TODO_CURSOR)]


@router.get(
    "",
    operation_id="listTodos",
    summary="List todos",
    response_model=list[TodoModel],
    responses={200: {"description": "Todos, oldest id first.", "headers": LINK_HEADER}, **problems(400, 503)},
)
async def list_todos(
    request: Request,
    response: Response,
    todos: Todos,
    owner: Owner,
    links: LinksTo,
    completed: Completed = None,
    window: Window = None,
    q: Search = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> list[TodoModel] | Response:
    """All todos, or those that match every filter given."""
    wanted = TodoFilter(completed=completed, window=window, text=q)
    after = 0 if cursor is None else after_todo(cursor)
    found, more = await todos.page(owner, wanted, after=after, limit=limit or MAX_PAGE)
    if more and limit is None:
        return all_todos(request, found, todos.pages(owner, wanted, after=found[-1].id, size=MAX_PAGE))
    if more:
        response.headers["link"] = next_page(request, links, todo_cursor(found[-1].id))
    return [TodoModel.of(todo) for todo in found]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    operation_id="createTodo",
    summary="Add a todo",
    responses={
        201: {
            "description": "The todo as it was stored.",
            "headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}},
        },
        **problems(400, 408, 409, 413, 415, 503),
    },
)
async def create_todo(
    todo: TodoCreate, response: Response, todos: Todos, owner: Owner, links: LinksTo
) -> TodoModel:
    """Add a todo; its id is set by the server."""
    stored = await todos.add(owner, todo.to_domain())
    response.headers["location"] = links.todo(stored.id)
    return TodoModel.of(stored)


@router.get(
    "/{todo_id:todo}",
    operation_id="getTodo",
    summary="Read a todo",
    response_description="The todo.",
    responses=problems(404, 503),
)
async def get_todo(todo_id: TodoId, todos: Todos, owner: Owner) -> TodoModel:
    """One todo."""
    return TodoModel.of(await todos.get(owner, todo_id))


@router.put(
    "/{todo_id:todo}",
    operation_id="replaceTodo",
    summary="Change a todo",
    response_description="The todo as it is now.",
    responses=problems(400, 404, 408, 413, 415, 503),
)
@router.patch(
    "/{todo_id:todo}",
    operation_id="updateTodo",
    summary="Change a todo",
    response_description="The todo as it is now.",
    responses=problems(400, 404, 408, 413, 415, 503),
)
async def update_todo(changes: TodoUpdate, todo_id: TodoId, todos: Todos, owner: Owner) -> TodoModel:
    """Set the members given; the others stay. PUT and PATCH are the same."""
    return TodoModel.of(await todos.change(owner, todo_id, changes.to_domain()))


@router.delete(
    "/{todo_id:todo}",
    operation_id="deleteTodo",
    summary="Delete a todo",
    response_description="The todo as it was, or an empty object.",
    responses=problems(404, 503),
)
async def delete_todo(todo_id: TodoId, todos: Todos, owner: Owner) -> TodoModel | NoTodo:
    """Delete a todo and answer what it was; an empty object if there was none."""
    removed = await todos.remove(owner, todo_id)
    return NoTodo() if removed is None else TodoModel.of(removed)
