"""The todos of a calendar as they stand in its file, page by page."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.jobs import Claim
from app.storage import calendar_todos
from app.storage.calendar_todos import Chosen, Page
from workers.rendering.calendar import Renderer

_STORED = 4000
_WRITTEN = 500
"""How many todos are in memory at once: as bytes, or as objects that nothing else may wait long for."""
_AT_ONE_MISS = _STORED // _WRITTEN


async def only_page(session: AsyncConnection, held: Claim, chosen: Chosen, renderer: Renderer) -> Page | None:
    """All of them, where one statement is likely to read them all as they stand in the file, and does."""
    if not renderer.is_plain or held.feed_id is not None or held.owned >= _STORED:
        return None
    page = await calendar_todos.events(session, chosen, after=0, limit=_STORED)
    return None if page is None or page.more else page


async def pages(reader: AsyncConnection, chosen: Chosen, renderer: Renderer) -> AsyncIterator[Page]:
    """All of them, oldest first: from the database as they are, where it keeps them, or written here."""
    after, more, written = 0, True, 0
    while more:
        page = None
        # Where one event is not stored, most likely none is: all that was asked for in vain is written here.
        if renderer.is_plain and written % _AT_ONE_MISS == 0:
            page = await calendar_todos.events(reader, chosen, after=after, limit=_STORED)
        if page is None:
            page = await _written(reader, chosen, renderer, after)
            written += 1
        yield page
        after, more = page.last, page.more


async def _written(reader: AsyncConnection, chosen: Chosen, renderer: Renderer, after: int) -> Page:
    rows = await calendar_todos.rows(reader, chosen, after=after, limit=_WRITTEN)
    skipped = sum(map(renderer.skips, rows))
    last = rows[-1].id if rows else after
    return Page(renderer.todos(rows), len(rows), skipped, last, more=len(rows) == _WRITTEN)
