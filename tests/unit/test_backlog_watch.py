import asyncio
from dataclasses import replace
from datetime import timedelta

from app.domain.backlog import NOTHING, Backlog
from app.metrics.backlog import FRESH, BacklogWatch


class Postgres:
    """Answers when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def measure(self) -> Backlog:
        self.asked += 1
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return replace(NOTHING, database_bytes=self.asked)


class Clock:
    """Moves when it is told to."""

    now = timedelta()

    def __call__(self) -> float:
        return self.now.total_seconds()


async def test_all_who_ask_at_once_share_one_answer() -> None:
    postgres = Postgres()
    watch = BacklogWatch(postgres.measure)
    looks = [asyncio.create_task(watch.look()) for _ in range(5)]
    postgres.may_answer.set()
    assert await asyncio.gather(*looks) == [replace(NOTHING, database_bytes=1)] * 5


async def test_an_answer_is_good_for_a_while_and_no_longer() -> None:
    postgres, clock = Postgres(), Clock()
    postgres.may_answer.set()
    watch = BacklogWatch(postgres.measure, clock=clock)
    asked = []
    for then in (timedelta(), FRESH / 2, FRESH, FRESH * 1.5):
        clock.now = then
        await watch.look()
        asked.append(postgres.asked)
    assert asked == [1, 1, 2, 2]


async def test_whoever_goes_away_takes_nothing_from_the_others() -> None:
    postgres = Postgres()
    watch = BacklogWatch(postgres.measure)
    impatient, patient = asyncio.create_task(watch.look()), asyncio.create_task(watch.look())
    while not postgres.asked:
        await asyncio.sleep(0)
    impatient.cancel()
    postgres.may_answer.set()
    assert await patient == replace(NOTHING, database_bytes=1)


async def test_an_error_is_no_answer_and_leaves_none_behind() -> None:
    postgres, clock = Postgres(), Clock()
    postgres.may_answer.set()
    watch = BacklogWatch(postgres.measure, clock=clock)
    assert await watch.look() is not None
    clock.now, postgres.error = FRESH, ConnectionRefusedError("no")
    assert (await watch.look(), watch.seen) == (None, None)
    clock.now, postgres.error = FRESH * 2, None
    assert await watch.look() is not None


async def test_a_stall_is_no_answer() -> None:
    watch = BacklogWatch(Postgres().measure, patience=timedelta(milliseconds=1))
    assert await watch.look() is None


async def test_what_stalls_is_given_up() -> None:
    given_up = asyncio.Event()

    async def measure() -> Backlog:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return NOTHING

    await BacklogWatch(measure, patience=timedelta(milliseconds=1)).look()
    await asyncio.wait_for(given_up.wait(), 30)


async def test_a_connection_that_can_not_be_given_up_holds_up_nobody() -> None:
    may_end = asyncio.Event()

    async def stuck() -> Backlog:
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue
        return NOTHING

    watch = BacklogWatch(stuck, patience=timedelta(milliseconds=1))
    assert [await watch.look(), await watch.look()] == [None, None]
    may_end.set()
    await watch.close()
