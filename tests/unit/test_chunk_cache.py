"""Chunks that are kept in memory."""

from collections.abc import Sequence

from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import Fetch


def file_of(asked: list[range], count: int) -> Fetch:
    """Chunks of ten bytes each, and a note of what was asked for."""

    async def fetch(numbers: range) -> Sequence[bytes]:
        asked.append(numbers)
        return [bytes([number] * 10) for number in numbers if number < count]

    return fetch


async def test_a_chunk_is_fetched_once() -> None:
    asked: list[range] = []
    fetch = ChunkCache().before(file_of(asked, 9), "file")
    first = await fetch(range(4))
    assert await fetch(range(4)) == first == [bytes([number] * 10) for number in range(4)]
    assert await fetch(range(1, 2)) == first[1:2]
    assert asked == [range(4)]


async def test_files_are_not_mixed_up() -> None:
    cache, asked = ChunkCache(), list[range]()
    await cache.before(file_of(asked, 9), "file")(range(2))
    await cache.before(file_of(asked, 9), "another")(range(2))
    assert asked == [range(2), range(2)]


async def test_no_more_is_kept_than_there_is_room_for_and_what_is_read_stays() -> None:
    cache, asked = ChunkCache(max_bytes=30), list[range]()
    fetch = cache.before(file_of(asked, 9), "file")
    await fetch(range(3))
    await fetch(range(1))
    await fetch(range(3, 5))
    assert cache.size == 30
    asked.clear()
    await fetch(range(1))
    await fetch(range(3, 5))
    assert not asked
    await fetch(range(1, 2))
    assert (asked, cache.size) == ([range(1, 2)], 30)


async def test_a_chunk_that_is_kept_already_counts_once() -> None:
    cache = ChunkCache()
    fetch = cache.before(file_of([], 9), "file")
    await fetch(range(2))
    await fetch(range(3))
    assert cache.size == 30


async def test_what_is_gone_is_asked_for_again() -> None:
    asked: list[range] = []
    fetch = ChunkCache().before(file_of(asked, 1), "file")
    assert len(await fetch(range(3))) == len(await fetch(range(3))) == 1
    assert len(asked) == 2
