"""Files in chunks of equal size, so that any part can be read alone."""

from collections.abc import AsyncIterator, Awaitable, Callable

CHUNK_BYTES = 256 * 1024
"""The size of every chunk but the last."""


class FileRemoved(Exception):  # noqa: N818 - says what happened
    """The file was there when its reading began."""


async def read_range(
    chunk: Callable[[int], Awaitable[bytes | None]], first: int, last: int
) -> AsyncIterator[bytes]:
    """The bytes from ``first`` to ``last``, both included, of the file whose chunks these are.

    Raises ``FileRemoved`` if the file is removed meanwhile.
    """
    for number in range(first // CHUNK_BYTES, last // CHUNK_BYTES + 1):
        data = await chunk(number)
        if data is None:
            raise FileRemoved
        start = number * CHUNK_BYTES
        yield data[max(first - start, 0) : last - start + 1]
