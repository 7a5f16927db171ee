"""What a PDF says of itself in plain bytes, before anybody reads it."""

from __future__ import annotations

import re

# Whole names only (ISO 32000-1, 7.3.5): /Pages and /EncryptMetadata are others.
_PAGE = rb"/Type\s*/Page(?![A-Za-z])"
_ENCRYPTED = rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)"


def page_count(data: bytes) -> int | None:
    """How many pages it has; None where they are in compressed objects and so not to be seen."""
    return sum(1 for _ in re.finditer(_PAGE, data)) or None


def is_encrypted(data: bytes) -> bool:
    """Whether its trailer names an encryption (ISO 32000-1, 7.5.5), which providers refuse, with or without password:
    trailers are never compressed.
    """
    return re.search(_ENCRYPTED, data) is not None
