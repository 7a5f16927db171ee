"""A long body, kept out of the memory: in a file without a name that goes with the process."""

from __future__ import annotations

import errno
import os
import struct
from array import array
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import BinaryIO

from chatbot.core.http.exchange import Chunk, StoredChunks

_HEAD = struct.Struct("<dQ")  # before the bytes of a chunk: when it came, and how many they are


class Spool:
    """Blocks of chunks in `file`, which is unbuffered. One thread adds; what was added any thread may read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = Lock()
        self._block_bytes: list[int] = []
        self._times_ms = array("d")

    def __del__(self) -> None:
        self._file.close()

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Writes some more. Raises OSError; then none of them is in it."""
        block = b"".join(part for chunk in chunks for part in (_HEAD.pack(chunk.at_ms, len(chunk.data)), chunk.data))
        with self._lock:
            self._file.seek(sum(self._block_bytes))
            if (self._file.write(block) or 0) < len(block):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._block_bytes.append(len(block))
        self._times_ms.extend(chunk.at_ms for chunk in chunks)

    def chunks(self, following: Sequence[Chunk]) -> StoredChunks:
        """Those that are in it now, and those that follow them."""
        sizes = tuple(self._block_bytes)

        def read() -> Iterator[Chunk]:
            at = 0
            for size in sizes:
                yield from _unpacked(self._block(at, size))
                at += size
            yield from following

        return StoredChunks(read, self._times_ms + array("d", [chunk.at_ms for chunk in following]))

    def _block(self, at: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(at)
            return self._file.read(size)


def _unpacked(block: bytes) -> Iterator[Chunk]:
    at = 0
    while at < len(block):
        at_ms, size = _HEAD.unpack_from(block, at)
        at += _HEAD.size + size
        yield Chunk(at_ms, block[at - size : at])
