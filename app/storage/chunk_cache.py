"""Chunks that were read lately: what many download is fetched once."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from app.storage.chunks import Fetch


@dataclass(slots=True)
class ChunkCache:
    """As many chunks as there is room for, as they are stored; a file that was made never changes."""

    max_bytes: int = 32 * 1024 * 1024
    size: int = 0
    _kept: OrderedDict[Hashable, bytes] = field(default_factory=OrderedDict)

    def before(self, fetch: Fetch, *file: Hashable) -> Fetch:
        """The same, asked only for what is not kept; ``file`` tells this file from all others."""

        async def cached(numbers: range) -> Sequence[bytes]:
            keys = [(file, number) for number in numbers]
            if all(key in self._kept for key in keys):
                for key in keys:
                    self._kept.move_to_end(key)
                return [self._kept[key] for key in keys]
            chunks = await fetch(numbers)
            for key, chunk in zip(keys, chunks, strict=False):
                self._keep(key, chunk)
            return chunks

        return cached

    def _keep(self, key: Hashable, chunk: bytes) -> None:
        self.size += len(chunk) - len(self._kept.pop(key, b""))
        self._kept[key] = chunk
        while self.size > self.max_bytes:
            self.size -= len(self._kept.popitem(last=False)[1])
