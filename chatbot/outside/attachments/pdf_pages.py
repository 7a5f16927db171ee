"""A program of its own: reads a PDF from standard input and writes the text of each page as a line of JSON.

It is run as a child, so that a document which hangs, or unpacks to more than there is memory, ends with it. A line is
{"pages": N} first, then {"text": ...} for each page (null for one that cannot be read), or {"fault": ...} where it goes
no further.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from typing import Any

MAX_MEMORY_BYTES = 1_500_000_000
MAX_CPU_S = 115
UNREADABLE, LOCKED, NO_CRYPTO, TOO_LARGE = "unreadable", "locked", "no cryptography", "too large"


def write_pages(data: bytes) -> None:
    """Writes the lines for one document; whatever is wrong with it is a line too."""
    _bound()
    try:
        _write_text(data)
    except MemoryError:
        _write({"fault": TOO_LARGE})
    except Exception as error:  # pypdf raises whatever its parts do
        _write({"fault": UNREADABLE, "said": f"{type(error).__name__}: {error}"[:200]})


def _write_text(data: bytes) -> None:
    import pypdf
    from pypdf.errors import DependencyError, LimitReachedError

    logging.disable(logging.CRITICAL)  # it tells each oddity of a document
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            return _write({"fault": LOCKED})
    except DependencyError:
        return _write({"fault": NO_CRYPTO})
    _write({"pages": len(reader.pages)})
    for page in reader.pages:
        try:
            text = page.extract_text()
        except (MemoryError, LimitReachedError):
            raise MemoryError from None
        except Exception:  # the other pages may be better
            text = None
        _write({"text": text})
    return None


def _write(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


def _bound() -> None:
    """At most so much memory and time, where the system can hold a process to that."""
    try:
        import resource
    except ImportError:
        return
    for limit, most in ((resource.RLIMIT_AS, MAX_MEMORY_BYTES), (resource.RLIMIT_CPU, MAX_CPU_S)):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            pass  # macOS knows no RLIMIT_AS; a lower limit is in force already


if __name__ == "__main__":
    write_pages(sys.stdin.buffer.read())
    os._exit(0)  # what was loaded is not taken apart
