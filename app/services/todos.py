"""What users do with their todos."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.domain.errors import TodoNotFound, TooManyTodos
from app.domain.owners import OwnerId
from app.domain.todos import NewTodo, Todo, TodoChanges, TodoFilter
from app.storage import todos
from app.storage.database import Sessions


@dataclass(frozen=True, slots=True)
class TodoService:
    """One transaction for each use case.

    What writes is one statement and runs at once: it locks the owner's total, which must not stay locked
    when a process is stopped, for all the owner's other writers would wait for it.
    """

    sessions: Sessions
    timezone: str
    """Where a floating deadline is compared with the clock."""
    limit: int
    """How many todos one owner may have."""

    async def add(self, owner: OwnerId, new: NewTodo) -> Todo:
        """Keep a new todo, or ``TooManyTodos``."""
        async with self.sessions.at_once() as session:
            todo = await todos.add(session, owner, new, limit=self.limit)
        if todo is None:
            raise TooManyTodos(f"There are {self.limit} todos, and no more may be; delete one first.")
        return todo

    async def get(self, owner: OwnerId, todo_id: int) -> Todo:
        """The todo, or ``TodoNotFound``."""
        async with self.sessions.begin() as session:
            return _found(await todos.find(session, owner, todo_id), todo_id)

    async def page(
        self, owner: OwnerId, wanted: TodoFilter, *, after: int, limit: int
    ) -> tuple[list[Todo], bool]:
        """Up to ``limit`` todos behind the id ``after``, and whether there are more."""
        async with self.sessions.begin() as session:
            # One row more than asked for tells whether another page is worth announcing.
            found = await todos.page(
                session, owner, wanted, timezone=self.timezone, after=after, limit=limit + 1
            )
        return found[:limit], len(found) > limit

    async def pages(
        self, owner: OwnerId, wanted: TodoFilter, *, after: int, size: int
    ) -> AsyncIterator[list[Todo]]:
        """All todos behind the id ``after``.

        Each page is a query of its own: a slow reader must hold neither a connection nor a transaction.
        """
        more = True
        while more:
            found, more = await self.page(owner, wanted, after=after, limit=size)
            if found:
                after = found[-1].id
                yield found

    async def change(self, owner: OwnerId, todo_id: int, changes: TodoChanges) -> Todo:
        """Set what is given, or ``TodoNotFound``."""
        async with self.sessions.at_once() as session:
            return _found(await todos.change(session, owner, todo_id, changes), todo_id)

    async def remove(self, owner: OwnerId, todo_id: int) -> Todo | None:
        """Delete the todo; None if there was none, which is as well."""
        async with self.sessions.at_once() as session:
            return await todos.remove(session, owner, todo_id)


def _found(todo: Todo | None, todo_id: int) -> Todo:
    if todo is None:
        raise TodoNotFound(f"There is no todo {todo_id}.")
    return todo
