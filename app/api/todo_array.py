"""All todos as one JSON array, of which only a page is ever in memory."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from app.api.models import TodoModel
from app.domain.todos import Todo

_MEDIA_TYPE = "application/json"
_PAGE = TypeAdapter(list[TodoModel])


def all_todos(request: Request, first: Sequence[Todo], rest: AsyncIterator[Sequence[Todo]]) -> Response:
    """Answer with the first page, which has been read, and then with all others.

    An error in one of those cuts the body short, which a client sees: it has no status any more.
    """
    if request.scope.get("head"):
        return Response(media_type=_MEDIA_TYPE)
    return StreamingResponse(_array(first, rest), media_type=_MEDIA_TYPE)


async def _array(first: Sequence[Todo], rest: AsyncIterator[Sequence[Todo]]) -> AsyncIterator[bytes]:
    yield b"[" + _members(first)
    async for page in rest:
        yield b"," + _members(page)
    yield b"]"


def _members(page: Sequence[Todo]) -> bytes:
    return _PAGE.dump_json([TodoModel.of(todo) for todo in page])[1:-1]
