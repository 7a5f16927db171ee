"""Bodies for reading: JSON indented, images by what they are."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Any

_MEDIA_TYPE_NAMES = ("media_type", "mimeType", "mime_type")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,([A-Za-z0-9+/=]{64,})\Z")
_HASH_DIGITS = 8


def shown_body(body: bytes) -> str:
    """A body as a person reads it: JSON indented and its images told, anything else as text."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    return json.dumps(with_images_told(document), ensure_ascii=False, indent=2)


def with_images_told(value: Any) -> Any:
    """The same document with `<image/jpeg, 184 213 bytes, sha256 9f2c41aa>` in place of each image's Base64."""
    if isinstance(value, dict):
        kind = next((value[name] for name in _MEDIA_TYPE_NAMES if isinstance(value.get(name), str)), "")
        return {
            name: _told(kind, item) if kind and name == "data" and isinstance(item, str) else with_images_told(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [with_images_told(item) for item in value]
    if isinstance(value, str) and (found := _DATA_URL.match(value)):
        return "data:" + _told(found[1], found[2])
    return value


def _told(kind: str, text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text
    digest = hashlib.sha256(data).hexdigest()[:_HASH_DIGITS]
    size = f"{len(data):,}".replace(",", " ")
    return f"<{kind}, {size} bytes, sha256 {digest}>"
