"""Files in chunks of equal size, so that any part can be read alone."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Select

from app.storage.database import Sessions
from app.storage.packing import unpack

CHUNK_BYTES = 256 * 1024
"""The size of every chunk but the last, before it is compressed."""

_AT_ONCE = 256 * 1024
"""About so much of a file is in memory while it is sent, however slowly that is read."""


Fetch = Callable[[range], Awaitable[Sequence[bytes]]]
"""Gets chunks by their numbers, in this order and as they are stored; none for those that are gone."""


def fetching(sessions: Sessions, statement: Select[bytes], which: Mapping[str, object]) -> Fetch:
    """Gets the chunks from ``first`` to ``last`` that the statement finds, each time in one round trip."""

    async def fetch(numbers: range) -> Sequence[bytes]:
        async with sessions.at_once() as session:
            found = await session.scalars(statement, {**which, "first": numbers[0], "last": numbers[-1]})
        return found.all()

    return fetch


class Readable(Protocol):
    """A file to be read, wherever it is stored."""

    @property
    def size(self) -> int:
        """How large it is."""

    @property
    def packed_size(self) -> int | None:
        """How large it is compressed; None of a file that is stored as it is, as an earlier release did."""

    def part(self, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` to ``last``, both included."""

    def packed(self) -> AsyncIterator[bytes]:
        """All of it, compressed by gzip as it is stored."""


class FileRemoved(Exception):  # noqa: N818 - says what happened
    """The file was there when its reading began."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file to be read, from its first chunk or any other.

    Each fetch is a transaction of its own: a slow reader must hold neither a connection nor a transaction.
    Reading raises ``FileRemoved`` if the file is removed meanwhile.
    """

    size: int
    packed_size: int | None
    """How large it is compressed; None of a file that is stored as it is, as an earlier release did."""
    fetch: Fetch

    async def part(self, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` to ``last``, both included."""
        for numbers in self._batches(range(first // CHUNK_BYTES, last // CHUNK_BYTES + 1)):
            for number, chunk in zip(numbers, await self._get(numbers), strict=True):
                start = number * CHUNK_BYTES
                data = chunk if self.packed_size is None else unpack(chunk, number)
                yield data[max(first - start, 0) : last - start + 1]

    async def packed(self) -> AsyncIterator[bytes]:
        """All of it, compressed by gzip as it is stored."""
        for numbers in self._batches(range(self._count)):
            # No name for the chunks: they would be there as well while this is sent.
            yield b"".join(await self._get(numbers))

    def _batches(self, numbers: range) -> Iterator[range]:
        stored = self.size if self.packed_size is None else self.packed_size
        step = max(_AT_ONCE * self._count // stored, 1)
        return (numbers[at : at + step] for at in range(0, len(numbers), step))

    async def _get(self, numbers: range) -> Sequence[bytes]:
        chunks = await self.fetch(numbers)
        if len(chunks) != len(numbers):
            raise FileRemoved
        return chunks

    @property
    def _count(self) -> int:
        return (self.size - 1) // CHUNK_BYTES + 1
