"""What real servers put into an event stream beyond the standard, made standard again.

A filter on lines, so that the parser below it stays the standard's own. It mends three things, each seen in recorded
traffic, because each one would otherwise make an error or an end vanish:

- gpustack and older llama.cpp report a failure as a line `error: {...}`, which is an unknown field to the standard,
  with or without a member `error` in it: the event gets the type `error`;
- Gemini reports a failure in mid-stream as bare JSON over several lines, without `data:`;
- Gemini, and servers that die politely, end the body without the blank line that would dispatch the last event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

MAX_DOCUMENT_BYTES = 16 * 1024  # of an error over several lines; those seen have less than 4 kB
_BARE = (b"{", b"[")
_FIELDS = (b"data:", b"event:", b"id:", b"error:")


def repaired(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same lines, with errors outside of events made events and a whole last event dispatched.

    A last event whose JSON is cut off stays undispatched: the stream is then cut, not malformed.
    """
    pending: list[bytes] = []  # data lines of an event that has not been dispatched
    for line in _gathered(lines):
        if line.startswith(b"data:"):
            pending.append(line)
            yield line
        elif not line:
            pending = []
            yield line
        elif line.startswith(b"error:"):
            pending = []
            yield from (b"", b"event: error", b"data:" + line.removeprefix(b"error:"), b"")
        elif line.startswith(_BARE) and _is_whole(line):
            pending = []
            yield from (b"", *(b"data: " + part for part in line.split(b"\n")), b"")
        else:
            yield line
    if pending and _is_whole(b"\n".join(line[5:] for line in pending)):
        yield b""


def _gathered(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same lines, with bare JSON over several of them as one; dropped when an event begins or ends in it."""
    document = b""
    for line in lines:
        if not document:
            if line.startswith(_BARE) and not _is_whole(line):
                document = line
            else:
                yield line
        elif not line or line.startswith(_FIELDS) or len(document) > MAX_DOCUMENT_BYTES:
            document = b""
            yield line
        else:
            document += b"\n" + line
            if line[:1] in (b"}", b"]") and _is_whole(document):
                yield document
                document = b""


def _is_whole(text: bytes) -> bool:
    if text.strip() == b"[DONE]":
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
