"""Code fences in Markdown (CommonMark, section 4.5)."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


def with_closed_fence(text: str) -> str:
    """Markdown whose last code fence is closed: an answer that was cut must not swallow what follows it."""
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match and not fence:
            fence = match[1]
        elif match and match[1].startswith(fence) and not match[2].strip():
            fence = ""
    return text.rstrip("\n") + (f"\n{fence}" if fence else "")
