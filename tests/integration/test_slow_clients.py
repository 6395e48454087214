"""Clients that stall, and a database that does: neither holds up the others."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

import httpx
import pytest

from tests.support import databases
from tests.support.asking import held_up, waiting_for_locks
from tests.support.processes import Service, service
from tests.support.waiting import until, wait_until
from tests.support.wire import get, post, wire

JOB = "00000000-0000-4000-8000-000000000000"
RESULT = f"/todos/ical/{JOB}/result"
CHUNKS, CHUNK_BYTES = 128, 256 * 1024


@pytest.fixture
def running(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Service]:
    bounds = {"TASKOVERFLOW_SEND_TIMEOUT": "2", "TASKOVERFLOW_MAX_DOWNLOADS": "1"}
    with service(database_url, broker_url, tmp_path, **bounds) as running:
        running.start_api()
        yield running
        assert "Traceback" not in running.log_of(running.processes[0])


@pytest.fixture
def client(running: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        yield client


@pytest.fixture
async def large(database_url: str) -> int:
    """A finished job whose file is larger than what buffers on the way can hold; its size."""
    await databases.execute(
        database_url,
        "INSERT INTO jobs (id, owner_id, options, ring_at, state, finished_at, attempt, todos, skipped, bytes,"
        f" digest) VALUES ('{JOB}', '00000000-0000-0000-0000-000000000001', '{{}}', now(), 'SUCCESS', now(), 1,"
        f" 0, 0, {CHUNKS * CHUNK_BYTES}, 'x')",
        "INSERT INTO result_chunks (job_id, attempt, number, data)"
        f" SELECT '{JOB}', 1, n, convert_to(repeat('x', {CHUNK_BYTES}), 'UTF8')"
        f" FROM generate_series(0, {CHUNKS - 1}) AS n",
    )
    return CHUNKS * CHUNK_BYTES


def test_who_reads_nothing_is_left_and_makes_room_for_others(
    running: Service, client: httpx.Client, large: int
) -> None:
    with wire(running.port, buffer=4096) as slow:
        slow.send(get(RESULT))
        assert slow.socket.recv(15) == b"HTTP/1.1 200 OK"

        def first_chunk() -> bool:
            return client.get(RESULT, headers={"range": "bytes=0-0"}).status_code == 206

        assert wait_until(first_chunk, "the place of the download")
        # What was on its way is still there, and then nothing more.
        assert len(slow.rest()) < large


def test_who_asks_on_and_reads_nothing_is_left(running: Service) -> None:
    asking = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 90
    with wire(running.port, buffer=4096) as slow, pytest.raises(ConnectionError):  # noqa: PT012
        for more in repeat(asking):
            slow.send(more)


def test_who_reads_on_gets_it_all(running: Service, large: int) -> None:
    with wire(running.port, buffer=4096) as slow:
        slow.send(get(RESULT, "Connection: close"))
        assert len(slow.rest().partition(b"\r\n\r\n")[2]) == large


def test_a_file_is_whole_over_a_connection_that_stays(client: httpx.Client, large: int) -> None:
    for _ in range(2):
        assert len(client.get(RESULT).content) == large


async def test_stalled_clients_and_a_stalled_database_leave_the_rest_working(
    running: Service, client: httpx.Client, large: int, database_url: str
) -> None:
    del large
    with ExitStack() as stalled:
        for begun in (b"", b"GET /api", post("/todos", "Content-Length: 100"), get(RESULT)):
            for _ in range(50):
                stalled.enter_context(wire(running.port, buffer=4096)).send(begun)
        async with held_up(database_url):
            for _ in range(50):
                stalled.enter_context(wire(running.port)).send(get("/todos"))

            async def pool_is_exhausted() -> bool:
                return (
                    client.get("/health").json() == {"status": "ok"}
                    and await waiting_for_locks(database_url) == 10
                )

            await until(pool_is_exhausted, "every connection for todos, waiting")
            assert client.get("/health").json() == {"status": "ok"}
            assert client.post("/todos/ical").status_code == 202
