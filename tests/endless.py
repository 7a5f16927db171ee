"""A body without an end, which counts how much of it was read."""

from __future__ import annotations


class Endless:
    """Chunks of so many bytes."""

    def __init__(self, chunk_bytes: int) -> None:
        self.read = 0
        self._chunk = b"x" * chunk_bytes

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> bytes:
        self.read += 1
        return self._chunk
