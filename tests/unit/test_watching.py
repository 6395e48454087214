"""How those who wait for jobs are told: with Postgres and its notices played by the test."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.api.event_stream import EventStream
from app.api.urls import Links
from app.domain.calendars import CalendarOptions
from app.domain.errors import TooManyWatchers
from app.domain.jobs import Job, JobState
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.services.histories import History
from app.services.watching import Watching
from tests.support.todos import NOW

JOB = uuid4()
LONG = 30.0


def a_job(state: JobState = JobState.PENDING, progress: float = 0.0) -> Job:
    return Job(
        id=JOB,
        owner=BUILT_IN_OWNER,
        state=state,
        options=CalendarOptions(),
        attempt=0,
        created_at=NOW,
        run_at=NOW,
        ring_at=NOW,
        lease_until=None,
        started_at=None,
        finished_at=None,
        error=None,
        progress=progress,
        counts=None,
        digest=None,
        removed_at=None,
        version=1,
    )


@dataclass
class Postgres:
    """Has one job, tells of its changes, and counts how often it is read."""

    job: Job = field(default_factory=a_job)
    reads: int = 0
    timelines: int = 0
    """How many of the reads were of the job's timeline as well."""
    changed: Callable[[UUID], None] = lambda _: None
    missed: Callable[[], None] = lambda: None
    fails: bool = False

    async def listen(self, changed: Callable[[UUID], None], missed: Callable[[], None]) -> None:
        self.changed, self.missed = changed, missed
        await asyncio.Event().wait()

    async def status(self, owner: OwnerId, job_id: UUID) -> Job:
        assert (owner, job_id) == (BUILT_IN_OWNER, JOB)
        self.reads += 1
        await asyncio.sleep(0)
        if self.fails:
            raise TimeoutError
        return self.job

    async def history(self, owner: OwnerId, job_id: UUID) -> History:
        self.timelines += 1
        return await self.status(owner, job_id), []

    def change(self, **to: object) -> None:
        self.job = replace(self.job, **to)  # type: ignore[arg-type]
        self.changed(JOB)


@pytest.fixture
def postgres() -> Postgres:
    return Postgres()


@pytest.fixture
async def watching(postgres: Postgres) -> AsyncGenerator[Watching]:
    made = Watching(postgres.listen, postgres.status, postgres.history, limit=2000)
    yield made
    await made.close()


def until(watching: Watching, seconds: float = LONG) -> "asyncio.Task[Job]":
    """Wait for another state."""
    return asyncio.create_task(
        watching.until(BUILT_IN_OWNER, JOB, lambda a, b: a.state is not b.state, seconds=seconds)
    )


async def all_have_read(postgres: Postgres, count: int) -> None:
    while postgres.reads < count:
        await asyncio.sleep(0)
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_change_is_read_once_for_all_that_wait(postgres: Postgres, watching: Watching) -> None:
    waiting = [until(watching) for _ in range(1000)]
    await all_have_read(postgres, 1000)
    postgres.change(state=JobState.STARTED)
    assert {job.state for job in await asyncio.gather(*waiting)} == {JobState.STARTED}
    assert postgres.reads == 1000 + 1
    assert postgres.timelines == 0


async def test_other_jobs_and_mere_progress_wake_nobody_who_waits_for_a_state(
    postgres: Postgres, watching: Watching
) -> None:
    waiting = until(watching)
    await all_have_read(postgres, 1)
    postgres.changed(uuid4())
    postgres.change(progress=0.5)
    await all_have_read(postgres, 2)
    assert (waiting.done(), postgres.reads) == (False, 2)
    postgres.change(state=JobState.SUCCESS)
    assert (await waiting).state is JobState.SUCCESS


async def test_what_happened_while_nobody_listened_is_looked_for(
    postgres: Postgres, watching: Watching
) -> None:
    waiting = until(watching)
    await all_have_read(postgres, 1)
    postgres.job = a_job(JobState.FAILURE)
    postgres.missed()
    assert (await waiting).state is JobState.FAILURE


async def test_a_job_that_has_ended_is_waited_for_no_longer(postgres: Postgres, watching: Watching) -> None:
    postgres.job = a_job(JobState.REVOKED)
    assert (await until(watching)).state is JobState.REVOKED


async def test_when_the_time_is_over_it_is_told_how_it_was_last(
    postgres: Postgres, watching: Watching
) -> None:
    waiting = until(watching, seconds=0.2)
    await all_have_read(postgres, 1)
    postgres.change(progress=0.5)
    assert (await waiting).progress == 0.5


async def test_no_more_wait_than_may(postgres: Postgres, watching: Watching) -> None:
    watching.limit = 1
    waiting = until(watching)
    await all_have_read(postgres, 1)
    with pytest.raises(TooManyWatchers):
        await until(watching)
    waiting.cancel()
    await asyncio.wait({waiting})
    postgres.job = a_job(JobState.SUCCESS)
    assert (await until(watching)).state is JobState.SUCCESS


async def test_when_the_process_stops_all_are_told_how_it_is(postgres: Postgres, watching: Watching) -> None:
    waiting = until(watching)
    await all_have_read(postgres, 1)
    await watching.close()
    assert (await waiting).state is JobState.PENDING


async def test_one_that_goes_away_while_it_reads_for_all_takes_nothing_from_the_others(
    postgres: Postgres, watching: Watching
) -> None:
    first, second = until(watching), until(watching)
    await all_have_read(postgres, 2)
    postgres.change(state=JobState.STARTED)
    while postgres.reads < 3:
        await asyncio.sleep(0)
    first.cancel()
    assert (await second).state is JobState.STARTED
    assert first.cancelled() or (await first).state is JobState.STARTED


async def test_a_stream_says_now_and_then_that_it_is_still_there(
    watching: Watching,
) -> None:
    histories = watching.histories(BUILT_IN_OWNER, JOB)
    ping = timedelta(seconds=0.01)
    stream = EventStream(await anext(histories), histories, None, Links("http://here"), ping_every=ping)
    sent: list[str] = []
    async with aclosing(stream.lines) as lines:
        async for line in lines:
            sent.append(line.decode().splitlines()[0])
            if sent.count(": ping") == 2:
                break
    assert sent == ["retry: 1000", "event: timeline", "event: status", ": ping", ": ping"]


async def test_many_jobs_that_may_have_changed_are_read_a_few_at_a_time() -> None:
    reading: list[UUID] = []
    most, go_on = 0, asyncio.Event()

    async def status(owner: OwnerId, job_id: UUID) -> Job:
        nonlocal most
        del owner
        if missed.is_set():
            reading.append(job_id)
            most = max(most, len(reading))
            await go_on.wait()
            reading.remove(job_id)
        return replace(a_job(JobState.SUCCESS if missed.is_set() else JobState.PENDING), id=job_id)

    missed, postgres = asyncio.Event(), Postgres()
    watching = Watching(postgres.listen, status, postgres.history, limit=50)
    waiting = [
        asyncio.create_task(watching.until(BUILT_IN_OWNER, uuid4(), lambda *_: False, seconds=LONG))
        for _ in range(50)
    ]
    while watching.waiting < 50:
        await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)
    missed.set()
    postgres.missed()
    while not reading:
        await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    go_on.set()
    assert {job.state for job in await asyncio.gather(*waiting)} == {JobState.SUCCESS}
    assert most == 3
    await watching.close()


async def test_a_database_that_took_too_long_is_not_the_end_of_the_waiting(
    postgres: Postgres, watching: Watching
) -> None:
    waiting = until(watching)
    await all_have_read(postgres, 1)
    postgres.fails = True
    postgres.change(state=JobState.STARTED)
    with pytest.raises(TimeoutError):
        await waiting


async def test_a_stream_ends_where_the_database_goes_away(postgres: Postgres, watching: Watching) -> None:
    histories = watching.histories(BUILT_IN_OWNER, JOB)
    stream = EventStream(await anext(histories), histories, None, Links("http://here"))
    postgres.fails = True
    async with aclosing(stream.lines) as lines:
        sent = []
        async for line in lines:
            sent.append(line.decode().splitlines()[0])
            if sent[-1] == "event: status":
                asyncio.get_running_loop().call_soon(postgres.missed)
    assert sent == ["retry: 1000", "event: timeline", "event: status"]
