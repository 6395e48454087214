"""How files are compressed: their chunks, one after the other, are one gzip file (RFC 1952).

Each chunk is compressed by itself and ends on a byte, so that it can be read without those before it.
"""

import zlib
from dataclasses import dataclass
from types import ModuleType

try:
    from isal import isal_zlib
except ImportError:
    # There is none for this machine.
    FASTEST: ModuleType = zlib
else:
    FASTEST = isal_zlib

_LEVEL = 1
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"
"""No name and no time: equal files are to be equal bytes."""
_END = b"\x03\0"
"""An empty last block."""
_RAW, _GZIP = -15, 31
"""What zlib takes for data without a frame, and in gzip's."""


@dataclass(slots=True)
class Packer:
    """Compresses the chunks of one file, in their order."""

    library: ModuleType = FASTEST
    _size: int = 0
    _crc: int = 0

    def pack(self, chunk: bytes, *, last: bool) -> bytes:
        """The next chunk as it is stored; with the last one the file is complete."""
        compressor = self.library.compressobj(_LEVEL, wbits=_RAW)
        head = b"" if self._size else _HEAD
        packed: bytes = head + compressor.compress(chunk) + compressor.flush(zlib.Z_FULL_FLUSH)
        self._size += len(chunk)
        self._crc = self.library.crc32(chunk, self._crc)
        return packed + self._tail if last else packed

    @property
    def _tail(self) -> bytes:
        return _END + self._crc.to_bytes(4, "little") + (self._size % (1 << 32)).to_bytes(4, "little")


def unpack(packed: bytes, number: int) -> bytes:
    """What a chunk was before it was packed."""
    data: bytes = FASTEST.decompressobj(_RAW if number else _GZIP).decompress(packed)
    return data
