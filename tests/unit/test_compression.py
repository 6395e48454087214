"""Who takes gzip, and what they get."""

import gzip
from collections.abc import AsyncIterator

import pytest

from app.api.compression import accepts_gzip, gzipped


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("deflate, gzip;q=0.2, br", True),
        ("*", True),
        ("br, *;q=0.1", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_who_takes_gzip(header: str, *, accepted: bool) -> None:
    assert accepts_gzip(header) == accepted


async def test_content_is_compressed_as_it_comes() -> None:
    async def content() -> AsyncIterator[bytes]:
        for n in range(100):
            yield f"line {n}\n".encode() * 1000

    packed = b"".join([piece async for piece in gzipped(content())])
    assert gzip.decompress(packed) == b"".join([piece async for piece in content()])
    assert len(packed) < 100_000
