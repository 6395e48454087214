"""Todos that are many or hostile, clients that read slowly or not at all, and clocks that are wrong."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from icalendar import Calendar

from app.domain.jobs import JobState
from tests.faults.battery import on
from tests.faults.eye import Eye
from tests.faults.load import open_client
from tests.faults.servers import port_of
from tests.faults.trial import Lab

_WRONG_CLOCK = Path(__file__).with_name("wrong_clock")

MANY = 100_000
RENDER_SECONDS = 120.0
"""For the rendering of so many, on a machine that is loaded."""

_TODOS = (
    "INSERT INTO todos (owner_id, title, description, completed, completed_at, deadline_local)"
    " SELECT '00000000-0000-0000-0000-000000000001', {title}, {description}, true, now(), {deadline}"
    " FROM generate_series(1, {count}) AS number"
)
HOSTILE = (
    # Past the API, which would refuse them; the longest that it takes; and times that are none or two.
    {"title": "'a' || chr(1) || chr(13) || 'BEGIN:VEVENT' || chr(127)", "description": "chr(10) || chr(11)"},
    {"title": "repeat('\U0001f9e8', 80)", "description": "repeat('\u0416', 120)"},
    {"title": "repeat('\\;,:', 20)", "description": "repeat(chr(10), 120)"},
)
DST_EDGES = ("2026-03-29 02:30", "2026-10-25 02:30", "1883-11-18 12:03:58", "9999-12-31 23:59:59")


@asynccontextmanager
async def todos(eye: Eye, count: int, **columns: str) -> AsyncIterator[None]:
    """So many completed todos, for the block."""
    values = {"title": "'todo ' || number", "description": "NULL", "deadline": "now()", **columns}
    await eye.execute(_TODOS.format(count=count, **values))
    try:
        yield
    finally:
        await eye.execute("DELETE FROM todos WHERE completed", "VACUUM todos")


@on("redis", short=())
async def test_a_hundred_thousand_todos_whose_worker_is_killed(lab: Lab) -> None:
    name = f"{MANY:,} todos, SIGKILL in mid-file"
    async with lab.trial(name, patience=RENDER_SECONDS) as trial, todos(trial.eye, MANY):
        with trial.load.paused():  # each of its jobs would look through all of them
            job = trial.ask(completed=True)
            worker = await trial.holder(job)
            stores = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO result_chunks%'"
            await trial.eye.until(stores)
            worker.kill()
            await trial.over()
            await trial.settled()


@on("redis")
async def test_hostile_todos(lab: Lab) -> None:
    async with lab.trial("control characters, longest texts, DST edges") as trial:
        kinds = [{**text, "deadline": f"'{edge}'"} for text in HOSTILE for edge in DST_EDGES]
        for kind in kinds:
            await trial.eye.execute(_TODOS.format(count=1, **kind))
        jobs = [
            trial.ask(completed=True, component=component, timezone=zone)
            for component in ("event", "todo", "both")
            for zone in ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe")
        ]
        for job in jobs:
            await trial.eye.until_state(job, JobState.SUCCESS, JobState.FAILURE)
            with open_client(lab.stack.url) as client:
                answer = client.get(f"/todos/ical/{job}/result")
            parsed = Calendar.from_ical(answer.content) if answer.is_success else None
            trial.expect(parsed and not parsed.errors, f"the file of {job}: {answer.status_code}")
        await trial.eye.execute("DELETE FROM todos WHERE completed")


@contextmanager
def unread_downloads(url: str, path: str, count: int) -> Iterator[list[socket.socket]]:
    """Downloads whose clients read the first bytes, and no more."""
    request = f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    with ExitStack() as sockets:
        opened = []
        for _ in range(count):
            client = sockets.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port_of(url)))
            client.sendall(request)
            assert client.recv(64).startswith(b"HTTP/1.1 200")
            opened.append(client)
        yield opened


@on("redis", short=())
async def test_clients_that_do_not_read_and_clients_that_leave(lab: Lab) -> None:
    async with lab.trial("slow readers, and clients that leave") as trial:
        async with todos(trial.eye, 15_000, description="repeat('y', 120)"):
            job = trial.ask(completed=True)
            await trial.eye.until_state(job, JobState.SUCCESS)
        # More than there are connections to Postgres.
        with unread_downloads(lab.stack.url, f"/api/v1/todos/ical/{job}/result", 30) as clients:
            trial.load.more(10)
            await trial.eye.until(
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE state LIKE '%in transaction'"
                " AND application_name LIKE 'taskoverflow-api%')"
            )
            for client in clients[::2]:
                client.close()
            trial.load.more(10)
        await trial.over()
        trial.expect("Traceback" not in lab.stack.api.log, "the API is surprised at a client that leaves")


@contextmanager
def wrong_clocks(lab: Lab) -> Iterator[None]:
    """One worker two minutes ahead, and one behind."""
    for worker, offset in zip(lab.stack.workers, ("120", "-120"), strict=True):
        worker.service.settings |= {"PYTHONPATH": str(_WRONG_CLOCK), "LAB_CLOCK_OFFSET": offset}
        worker.kill()
    try:
        yield
    finally:
        for worker in lab.stack.workers:
            del worker.service.settings["PYTHONPATH"]
            worker.kill()


@on(short=())
async def test_workers_whose_clocks_are_wrong(lab: Lab) -> None:
    with wrong_clocks(lab):
        async with lab.trial("worker clocks 120 s off") as trial:
            async with trial.held() as (_, worker):
                worker.kill()
            trial.load.more(10)
            await trial.over()
