"""How things stand, again and again."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from app.cli.operating.columns import HEADERS, row
from app.cli.operating.tables import framed
from app.cli.operating.text import moment, span
from app.domain.operations import Snapshot
from app.services.operations import OperationsService
from app.storage.database import is_unreachable
from app.storage.flaws import UNREACHABLE

_AROUND_THE_JOBS = 8
"""How many lines of the terminal are not jobs."""

_PATIENCE_SECONDS = 5
"""A server that stalls is as good as gone, for somebody who watches."""

Show = Callable[[Snapshot | None], None]


async def watch(service: OperationsService, console: Console, interval: float) -> None:
    """Show how things stand until cancelled; only at the first look must Postgres be there."""
    newest = max(console.height - _AROUND_THE_JOBS, 1) if console.is_terminal else 0
    first = await service.snapshot(newest)
    with _screen(console) if console.is_terminal else _lines(console) as show:
        show(first)
        while True:
            await asyncio.sleep(interval)
            show(await _look(service, newest))


async def _look(service: OperationsService, newest: int) -> Snapshot | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await service.snapshot(newest)
    except Exception as error:
        if not is_unreachable(error):
            raise
        return None


@contextmanager
def _screen(console: Console) -> Iterator[Show]:
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield lambda seen: live.update(_picture(seen, console.width), refresh=True)


@contextmanager
def _lines(console: Console) -> Iterator[Show]:
    yield lambda seen: console.out(_line(seen), highlight=False)


def _picture(seen: Snapshot | None, width: int) -> RenderableType:
    if seen is None:
        return Text(UNREACHABLE)
    counts = "   ".join(f"{state} {count}" for state, count in seen.counts.items())
    oldest = "nothing waits" if seen.waiting_since is None else f"the oldest waits {_oldest(seen)}"
    table = framed(HEADERS, [row(job, seen.now) for job in seen.newest], width)
    return Group(Text(f"{moment(seen.now)}   {oldest}"), Text(counts), table, Text("Ctrl-C ends this"))


def _line(seen: Snapshot | None) -> str:
    if seen is None:
        return UNREACHABLE
    counts = " ".join(f"{state.lower()}={count}" for state, count in seen.counts.items())
    waited = 0.0 if seen.waiting_since is None else (seen.now - seen.waiting_since).total_seconds()
    return f"{seen.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {counts} oldest_waits={waited:.1f}"


def _oldest(seen: Snapshot) -> str:
    return "" if seen.waiting_since is None else span(seen.now - seen.waiting_since)
