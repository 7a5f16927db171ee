"""What real servers put into an event stream beyond the standard, made standard again.

A filter on lines, so that the parser below it stays the standard's own. It mends four things, each seen in recorded
traffic, because each one would otherwise make an error or an end vanish:

- gpustack and older llama.cpp report a failure as a line `error: {...}`, which is an unknown field to the standard,
  with or without a member `error` in it: the event gets the type `error`;
- some proxies leave out the blank lines: each `data:` line is then a whole document of its own;
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

    A last event whose JSON is cut off stays undispatched: the stream is then cut, not malformed. Bare JSON over several
    lines is dropped when an event begins or ends in it.
    """
    pending: list[bytes] = []  # data lines of an event that has not been dispatched
    document = b""  # bare JSON that is not whole yet
    for line in lines:
        if document:
            if line and not line.startswith(_FIELDS) and len(document) <= MAX_DOCUMENT_BYTES:
                document += b"\n" + line
                if line[:1] not in (b"}", b"]") or not _is_whole(document):
                    continue
                line = document
            document = b""
        if not line:
            if pending:
                pending = []
            yield line
        elif line.startswith(b"data:"):
            if pending and line[5:].lstrip()[:1] in _BARE and _is_whole(b"\n".join(line[5:] for line in pending)):
                pending = []
                yield b""
            pending.append(line)
            yield line
        elif line.startswith(b"error:"):
            pending = []
            yield from (b"", b"event: error", b"data:" + line.removeprefix(b"error:"), b"")
        elif line.startswith(_BARE):
            if _is_whole(line):
                pending = []
                yield from (b"", *(b"data: " + part for part in line.split(b"\n")), b"")
            else:
                document = line
        else:
            yield line
    if pending and _is_whole(b"\n".join(line[5:] for line in pending)):
        yield b""


def _is_whole(text: bytes) -> bool:
    if text.strip() == b"[DONE]":
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
