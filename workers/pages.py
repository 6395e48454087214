"""The todos of a calendar as they stand in its file, page by page."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from app.storage import calendar_todos
from app.storage.calendar_todos import Chosen, Page
from workers.rendering.calendar import Renderer

_STORED = 4000
_WRITTEN = 500
"""How many todos are in memory at once: as bytes, or as objects that nothing else may wait long for."""


async def pages(reader: AsyncSession, chosen: Chosen, renderer: Renderer) -> AsyncIterator[Page]:
    """All of them, oldest first: from the database as they are, where it keeps them, or written here."""
    after, more = 0, True
    while more:
        page = None
        if renderer.is_plain:
            page = await calendar_todos.events(reader, chosen, after=after, limit=_STORED)
        if page is None:
            page = await _written(reader, chosen, renderer, after)
        yield page
        after, more = page.last, page.more


async def _written(reader: AsyncSession, chosen: Chosen, renderer: Renderer, after: int) -> Page:
    rows = await calendar_todos.rows(reader, chosen, after=after, limit=_WRITTEN)
    skipped = sum(map(renderer.skips, rows))
    last = rows[-1].id if rows else after
    return Page(renderer.todos(rows), len(rows), skipped, last, more=len(rows) == _WRITTEN)
