"""What is known of each row by its key, in as little memory as can be: 9 to 36 bytes a row."""

from __future__ import annotations

from array import array
from enum import IntFlag


class Known(IntFlag):
    """Of a row: it stands in the file; its result is complete, a failure, or expired; it was taken already; a batch of
    the provider has it, or may have it, as nobody knows.
    """

    NOTHING = 0
    SEEN = 1
    COMPLETE = 2
    FAILED = 4
    EXPIRED = 8
    TAKEN = 16
    SUBMITTED = 32
    LOST = 64
    RESULT = COMPLETE | FAILED | EXPIRED


class KnownRows:
    """A hash table with open addressing; a set of a million numbers of Python would take ten times as much."""

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * 1024))
        self._known = bytearray(1024)
        self._count = 0

    def __getitem__(self, key: int) -> Known:
        return Known(self._known[self._place(key)])

    def __setitem__(self, key: int, known: Known) -> None:
        place = self._place(key)
        if not self._keys[place]:
            self._keys[place] = key
            self._count += 1
        self._known[place] = known
        if self._count * 2 > len(self._keys):
            self._enlarge()

    def _place(self, key: int) -> int:
        mask = len(self._keys) - 1
        place = key & mask
        while self._keys[place] not in (0, key):
            place = (place + 1) & mask
        return place

    def _enlarge(self) -> None:
        before, known = self._keys, self._known
        self._keys, self._known = array("Q", bytes(16 * len(before))), bytearray(2 * len(before))
        for key, value in zip(before, known, strict=True):
            if key:
                place = self._place(key)
                self._keys[place], self._known[place] = key, value
