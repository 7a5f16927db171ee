"""JSON as text that can stand on a terminal: nothing in it gives an order, hides, or shows in another order."""

from __future__ import annotations

import json
import re

# `json` escapes C0; a terminal obeys DEL and C1 too, and bidi and invisible characters deceive the eye. Lone halves
# of UTF-16 characters have no UTF-8.
_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def dumps(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON (RFC 8259). What would be harmful as it is stands as `\\uXXXX`, and means the same."""
    return _ESCAPED.sub(_escape, json.dumps(value, ensure_ascii=False, indent=indent))


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
