"""What users do with their todos."""

from dataclasses import dataclass

from app.domain.errors import TodoNotFound
from app.domain.owners import OwnerId
from app.domain.todos import NewTodo, Todo, TodoChanges, TodoFilter
from app.storage import todos
from app.storage.database import Sessions


@dataclass(frozen=True, slots=True)
class TodoService:
    """One transaction for each use case."""

    sessions: Sessions
    timezone: str
    """Where a floating deadline is compared with the clock."""

    async def add(self, owner: OwnerId, new: NewTodo) -> Todo:
        """Keep a new todo."""
        async with self.sessions.begin() as session:
            return await todos.add(session, owner, new)

    async def get(self, owner: OwnerId, todo_id: int) -> Todo:
        """The todo, or ``TodoNotFound``."""
        async with self.sessions.begin() as session:
            return _found(await todos.find(session, owner, todo_id), todo_id)

    async def page(
        self, owner: OwnerId, wanted: TodoFilter, *, after: int, limit: int | None
    ) -> tuple[list[Todo], bool]:
        """Up to ``limit`` todos behind the id ``after``, and whether there are more."""
        # One row more than asked for tells whether another page is worth announcing.
        ahead = None if limit is None else limit + 1
        async with self.sessions.begin() as session:
            found = await todos.page(session, owner, wanted, timezone=self.timezone, after=after, limit=ahead)
        return found[:limit], limit is not None and len(found) > limit

    async def change(self, owner: OwnerId, todo_id: int, changes: TodoChanges) -> Todo:
        """Set what is given, or ``TodoNotFound``."""
        async with self.sessions.begin() as session:
            return _found(await todos.change(session, owner, todo_id, changes), todo_id)

    async def remove(self, owner: OwnerId, todo_id: int) -> Todo | None:
        """Delete the todo; None if there was none, which is as well."""
        async with self.sessions.begin() as session:
            return await todos.remove(session, owner, todo_id)


def _found(todo: Todo | None, todo_id: int) -> Todo:
    if todo is None:
        raise TodoNotFound(f"There is no todo {todo_id}.")
    return todo
