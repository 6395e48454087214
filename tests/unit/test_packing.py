"""Files as they are stored."""

import random
import zlib
from types import ModuleType

import pytest

from app.storage.chunks import CHUNK_BYTES, StoredFile
from app.storage.packing import FASTEST, Packer
from workers.chunked_file import ChunkedFile

SIZES = (1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5)


@pytest.fixture(params=[FASTEST, zlib], ids=lambda module: module.__name__)
def library(request: pytest.FixtureRequest) -> ModuleType:
    """What packs here, or else where there is no such wheel."""
    packs: ModuleType = request.param
    return packs


def content(size: int) -> bytes:
    """Neither all alike nor all different."""
    return random.Random(size).randbytes(size // 2 + 1).hex().encode()[:size]


async def stored(
    data: bytes, *, step: int = 100_000, library: ModuleType = FASTEST
) -> tuple[StoredFile, list[bytes]]:
    chunks: list[bytes] = []

    async def store(number: int, packed: bytes) -> None:
        assert number == len(chunks)
        chunks.append(packed)

    async def fetch(numbers: range) -> list[bytes]:
        return chunks[numbers.start : numbers.stop]

    file = ChunkedFile(store, len(data), Packer(library))
    for at in range(0, len(data), step):
        await file.write(data[at : at + step])
    await file.close()
    assert (file.size, file.packed_size) == (len(data), sum(map(len, chunks)))
    return StoredFile(file.size, file.packed_size, fetch), chunks


@pytest.mark.parametrize("size", SIZES)
async def test_the_chunks_are_one_gzip_file_of_one_member(size: int, library: ModuleType) -> None:
    data = content(size)
    file, _ = await stored(data, library=library)
    packed = b"".join([piece async for piece in file.packed()])
    # What browsers do: they would leave a second member unread.
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(packed) == data
    assert (reader.eof, reader.unused_data) == (True, b"")


@pytest.mark.parametrize("size", SIZES)
async def test_any_part_can_be_read(size: int, library: ModuleType) -> None:
    data = content(size)
    file, _ = await stored(data, library=library)
    edges = {0, size - 1, *(e + d for e in range(0, size, CHUNK_BYTES) for d in (-1, 0, 1))}
    places = sorted(edge for edge in edges if 0 <= edge < size)
    for first in places:
        for last in (place for place in places if place >= first):
            assert b"".join([piece async for piece in file.part(first, last)]) == data[first : last + 1]


async def test_equal_files_are_stored_as_equal_bytes() -> None:
    data = content(2 * CHUNK_BYTES)
    assert (await stored(data, step=1000))[1] == (await stored(data, step=300_000))[1]


async def test_a_large_file_is_fetched_in_bounded_pieces() -> None:
    asked: list[range] = []

    async def fetch(numbers: range) -> list[bytes]:
        asked.append(numbers)
        return [bytes(CHUNK_BYTES // 8) for _ in numbers]

    file = StoredFile(1000 * CHUNK_BYTES, 1000 * CHUNK_BYTES // 8, fetch)
    assert [len(piece) async for piece in file.packed()] == [256 * 1024] * 125
    assert [number for numbers in asked for number in numbers] == list(range(1000))
