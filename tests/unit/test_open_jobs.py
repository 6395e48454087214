"""When open jobs are counted, and when that is enough."""

import asyncio
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from app.domain.errors import TooManyOpenTasks
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.domain.quotas import Quota
from app.services.open_jobs import MAX_OWNERS, OpenJobs


@dataclass
class World:
    """A clock to move, and jobs that end when a test says so."""

    limit: int = 3
    time: float = 1000.0
    open: int = 0
    asked: int = 0
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers.set()
        self.jobs = OpenJobs(self.limit, self.count, lambda: self.time)

    async def count(self, owner: OwnerId) -> int:
        del owner
        self.asked += 1
        counted = self.open
        await self.answers.wait()
        return counted

    async def accept(self, times: int = 1) -> None:
        for _ in range(times):
            await self.jobs.admit(BUILT_IN_OWNER)
            self.open += 1

    def begin(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.accept())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_up_to_the_limit_are_accepted_with_one_count() -> None:
    world = World()
    await world.accept(3)
    with pytest.raises(TooManyOpenTasks) as refused:
        await world.accept()
    assert (refused.value.quota, world.asked) == (Quota(3, 0), 1)


async def test_what_remains_goes_down_with_each() -> None:
    world = World()
    remaining = []
    for _ in range(3):
        await world.accept()
        remaining.append(world.jobs.quota(BUILT_IN_OWNER))
    assert remaining == [Quota(3, 2), Quota(3, 1), Quota(3, 0)]


async def test_nothing_is_said_to_remain_before_the_first_count() -> None:
    assert World().jobs.quota(BUILT_IN_OWNER) is None


async def test_a_place_that_became_free_is_seen_after_a_second_and_not_before() -> None:
    world = World()
    await world.accept(3)
    world.open -= 1
    world.time += 0.99
    with pytest.raises(TooManyOpenTasks):
        await world.accept()
    world.time += 0.01
    await world.accept()
    with pytest.raises(TooManyOpenTasks):
        await world.accept()
    assert world.asked == 2


async def test_jobs_that_others_accepted_are_seen_after_a_second() -> None:
    world = World()
    await world.accept()
    world.open = 3
    world.time += 1
    with pytest.raises(TooManyOpenTasks):
        await world.accept()


async def test_all_that_come_at_once_wait_for_one_count_and_share_the_places() -> None:
    world = World()
    world.answers.clear()
    tasks = [world.begin() for _ in range(10)]
    await settle()
    world.answers.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert (outcomes.count(None), world.asked) == (3, 1)


async def test_while_it_counts_again_the_last_count_serves() -> None:
    world = World()
    await world.accept()
    world.time += 1
    world.answers.clear()
    counting = world.begin()
    await settle()
    await world.accept()
    assert not counting.done()
    # The one that counts, and the one that did not wait for it, are both in the new count.
    world.answers.set()
    await counting
    assert (world.jobs.quota(BUILT_IN_OWNER), world.asked) == (Quota(3, 0), 2)


@pytest.mark.parametrize(("accepted", "later"), [(1, 2.0), (3, 1.0)], ids=["too old", "at the limit"])
async def test_a_count_that_says_too_little_does_not_serve(accepted: int, later: float) -> None:
    world = World()
    await world.accept(accepted)
    world.open = 0
    world.time += later
    world.answers.clear()
    waiting = [world.begin(), world.begin()]
    await settle()
    assert not any(task.done() for task in waiting)
    world.answers.set()
    await asyncio.gather(*waiting)


async def test_a_client_that_goes_away_does_not_end_the_count_of_the_others() -> None:
    world = World()
    world.answers.clear()
    gone, stays = world.begin(), world.begin()
    await settle()
    gone.cancel()
    world.answers.set()
    await stays
    assert world.asked == 1


async def test_a_count_that_failed_is_made_again() -> None:
    broken = True

    async def count(owner: OwnerId) -> int:
        del owner
        if broken:
            raise OSError("no database")
        return 0

    jobs = OpenJobs(1, count)
    with pytest.raises(OSError, match="no database"):
        await jobs.admit(BUILT_IN_OWNER)
    broken = False
    await jobs.admit(BUILT_IN_OWNER)


async def test_owners_that_asked_long_ago_are_forgotten() -> None:
    asked = 0

    async def count(owner: OwnerId) -> int:
        nonlocal asked
        del owner
        asked += 1
        return 0

    jobs = OpenJobs(3, count, lambda: 1000.0)
    for owner in (BUILT_IN_OWNER, *(OwnerId(uuid4()) for _ in range(MAX_OWNERS)), BUILT_IN_OWNER):
        await jobs.admit(owner)
    assert asked == MAX_OWNERS + 2
