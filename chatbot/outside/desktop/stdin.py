"""Piped input: when it is read, how long it may stay silent, how much of it is taken."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable

from chatbot.core.amounts import size_words
from chatbot.core.errors import FileUnreadable
from chatbot.core.text import DecodedText, decode

MAX_PIPED_BYTES = 10_000_000
HINT_AFTER_S = 1.0
NAME = "standard input"
_CHUNK_BYTES = 65_536


def read_piped_text(
    descriptor: int, on_silence: Callable[[], None], *, hint_after_s: float = HINT_AFTER_S
) -> DecodedText | None:
    """The piped text, unaltered, with a warning when it was not all UTF-8; None when nothing is piped in.

    Raises FileUnreadable when it is binary, unreadable, or has more than MAX_PIPED_BYTES. See `read_piped_bytes`.
    """
    data = read_piped_bytes(descriptor, on_silence, hint_after_s=hint_after_s)
    return None if data is None else decode(data, NAME)


def read_piped_bytes(
    descriptor: int,
    on_silence: Callable[[], None],
    *,
    max_bytes: int = MAX_PIPED_BYTES,
    hint_after_s: float = HINT_AFTER_S,
) -> bytes | None:
    """Everything up to the end of a pipe, file or socket; None for a terminal, a device or a closed descriptor.

    When nothing comes for `hint_after_s` seconds, `on_silence` is called, once, and the wait goes on: a pipe that
    nobody closes is then a visible choice of the person, not a hang. Raises FileUnreadable at the first byte beyond
    `max_bytes`, without reading the rest.
    """
    if not is_piped(descriptor):
        return None
    received = bytearray()
    patience_s: float | None = hint_after_s
    while True:
        readable, _, _ = select.select([descriptor], [], [], patience_s)
        if not readable:
            patience_s = None
            on_silence()
            continue
        chunk = _read_chunk(descriptor)
        if not chunk:
            return bytes(received)
        received += chunk
        if len(received) > max_bytes:
            raise FileUnreadable(
                f"{NAME} is too large: at most {size_words(max_bytes)} can be sent",
                advice="Send only the part that matters, for example with head, tail or grep.",
            )


def is_piped(descriptor: int) -> bool:
    """Whether a descriptor is a pipe, file or socket, rather than a terminal, another device, or closed."""
    try:
        return not stat.S_ISCHR(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _read_chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except OSError as error:
        raise FileUnreadable(f"cannot read {NAME}: {error.strerror}", advice="Check what is piped in.") from error
