"""What asks at the same time is served together, and nobody's going away is another's trouble."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import pytest

from app.grouping import Grouping
from tests.support.waiting import until

WHO: ContextVar[str] = ContextVar("who", default="nobody")


@dataclass
class Doubling:
    """Doubles numbers, once it is let."""

    largest: int = 100
    calls: int = 1
    patience: float = 3600.0
    groups: list[list[int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.grouping = Grouping(self.serve, self.largest, self.calls, self.patience)

    async def serve(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        self.names.append(WHO.get())
        await self.let.wait()
        if self.error is not None:
            raise self.error
        return [2 * number for number in numbers]

    def begun(self, calls: int) -> Callable[[], Awaitable[bool]]:
        async def begun() -> bool:
            return len(self.groups) == calls

        return begun

    def ask(self, *numbers: int) -> "list[asyncio.Task[int]]":
        return [asyncio.create_task(self.grouping.ask(number)) for number in numbers]


async def turns() -> None:
    """Let all that can go on go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_those_that_ask_in_one_turn_share_a_call() -> None:
    doubling = Doubling()
    doubling.let.set()
    assert await asyncio.gather(*doubling.ask(1, 2, 3)) == [2, 4, 6]
    assert doubling.groups == [[1, 2, 3]]


async def test_the_first_does_not_wait_for_others_and_those_that_come_meanwhile_are_the_next_group() -> None:
    doubling = Doubling()
    asked = doubling.ask(1)
    await turns()
    assert doubling.groups == [[1]]
    asked += doubling.ask(2)
    await turns()
    asked += doubling.ask(3)
    await turns()
    assert doubling.groups == [[1]]
    doubling.let.set()
    assert await asyncio.gather(*asked) == [2, 4, 6]
    assert doubling.groups == [[1], [2, 3]]


async def test_a_call_that_takes_too_long_keeps_nobody_waiting() -> None:
    doubling = Doubling(calls=2, patience=0.001)
    asked = doubling.ask(1, 2)
    await until(doubling.begun(1), "the first call")
    asked += doubling.ask(3)
    await until(doubling.begun(2), "the second call")
    asked += doubling.ask(4)
    await turns()
    assert doubling.groups == [[1, 2], [3]]
    doubling.let.set()
    assert await asyncio.gather(*asked) == [2, 4, 6, 8]


async def test_who_comes_once_a_call_has_taken_too_long_is_served_at_once() -> None:
    doubling = Doubling(calls=2, patience=0.0)
    asked = doubling.ask(1)
    await turns()
    asked += doubling.ask(2)
    await turns()
    assert doubling.groups == [[1], [2]]
    doubling.let.set()
    assert await asyncio.gather(*asked) == [2, 4]


async def test_no_group_is_larger_and_no_more_calls_are_under_way_than_they_may() -> None:
    doubling = Doubling(largest=2, calls=2)
    asked = doubling.ask(1, 2, 3, 4, 5)
    await turns()
    assert doubling.groups == [[1, 2], [3, 4]]
    doubling.let.set()
    assert await asyncio.gather(*asked) == [2, 4, 6, 8, 10]
    assert doubling.groups == [[1, 2], [3, 4], [5]]


async def test_an_error_is_that_of_all_in_the_group_and_of_nobody_else() -> None:
    doubling = Doubling(error=OSError("gone"))
    asked = doubling.ask(1, 2)
    await turns()
    asked += doubling.ask(3)
    doubling.let.set()
    for each in asked[:2]:
        with pytest.raises(OSError, match="gone"):
            await each
    doubling.error = None
    assert await asked[2] == 6


async def test_who_goes_away_before_the_call_takes_no_part_in_it() -> None:
    doubling = Doubling()
    asked = doubling.ask(1)
    await turns()
    gone, stays = doubling.ask(2, 3)
    await turns()
    gone.cancel()
    doubling.let.set()
    assert (await asked[0], await stays) == (2, 6)
    assert doubling.groups == [[1], [3]]


@pytest.mark.parametrize("error", [None, OSError("gone")])
async def test_who_goes_away_during_the_call_leaves_it_to_the_others(error: Exception | None) -> None:
    doubling = Doubling(error=error)
    gone, stays = doubling.ask(1, 2)
    await turns()
    gone.cancel()
    doubling.let.set()
    await asyncio.wait({gone, stays})
    assert stays.exception() is error
    assert error or stays.result() == 4
    assert gone.cancelled()


async def test_a_call_is_made_in_the_context_of_the_first_of_its_group() -> None:
    doubling = Doubling()
    for number, name in ((1, "one"), (2, "two"), (3, "three")):
        WHO.set(name)
        doubling.ask(number)
        await turns()
    WHO.set("other")
    doubling.let.set()
    await turns()
    assert (doubling.groups, doubling.names) == ([[1], [2, 3]], ["one", "two"])
