"""A file on its way to where it is stored."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.storage.chunks import CHUNK_BYTES
from app.storage.packing import Packer
from workers.runtime import PermanentFailure

Store = Callable[[int, bytes], Awaitable[None]]
"""Puts a chunk, by its number, where it belongs."""


@dataclass(slots=True)
class ChunkedFile:
    """What was rendered so far: all chunks but the last are stored, compressed, and the rest is here."""

    store: Store
    max_bytes: int
    packer: Packer = field(default_factory=Packer)
    size: int = 0
    packed_size: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    _chunks: int = 0
    _rest: bytearray = field(default_factory=bytearray)

    @property
    def digest(self) -> str:
        """SHA-256 of what was written, in hexadecimal."""
        return self._digest.hexdigest()

    async def write(self, data: bytes) -> None:
        """Add to the end, or raise ``PermanentFailure`` where the file gets too large."""
        self._digest.update(data)
        self.size += len(data)
        if self.size > self.max_bytes:
            raise PermanentFailure(f"the calendar would have more than {self.max_bytes} bytes, the limit")
        self._rest += data
        # Not all of it: the last chunk has to be known for that.
        while len(self._rest) > CHUNK_BYTES:
            await self._store(bytes(self._rest[:CHUNK_BYTES]))
            del self._rest[:CHUNK_BYTES]

    async def close(self) -> None:
        """Store what is left."""
        await self._store(bytes(self._rest), last=True)

    async def _store(self, chunk: bytes, *, last: bool = False) -> None:
        packed = self.packer.pack(chunk, last=last)
        self.packed_size += len(packed)
        await self.store(self._chunks, packed)
        self._chunks += 1
