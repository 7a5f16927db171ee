"""Keys taken out of anything that is shown or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "[key]"
HIDDEN = "(hidden)"  # in the place of a whole credential
# Compiled at the first use: most texts have none of the signs, which are found a hundred times faster.
_SIGNS = "sk- xai- pplx- hf- r8- AIza earer key=".split()  # with - for _ too
_SHAPES = (
    r"(?<![A-Za-z0-9])(?:sk|gsk|xai|pplx|hf|csk|r8)[-_][A-Za-z0-9_\-]{12,}"
    r"|AIza[A-Za-z0-9_\-]{20,}"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/\-]{8,}=*"
    r"|(?:(?<=[?&]key=)|(?<=api[-_]key=))[^&\s\"']+"
)
_MIN_PART = 8


_SECRET_HEADERS = frozenset(
    "authorization proxy-authorization x-api-key api-key x-goog-api-key cookie set-cookie x-auth-token x-access-token "
    "x-amz-security-token x-csrf-token openai-organization openai-project".split()
)
_SECRET_ENDINGS = ("-key", "-token", "-secret", "-password", "-authorization")


def is_secret_header(name: str) -> bool:
    """Whether a header of this name identifies the person, and goes only where a key may go."""
    name = name.lower()
    return name in _SECRET_HEADERS or name.endswith(_SECRET_ENDINGS)


def is_secret_name(name: str) -> bool:
    """Whether a variable of the environment is called as one that holds a key."""
    return name.upper().endswith(("_KEY", "_TOKEN", "_SECRET", "_PAT", "PASSWORD"))


def without_login(text: str) -> str:
    """The text without the names and passwords in its URLs, however short."""
    return re.sub(r"(?<=://)[^\s/@…]+(?=@)", HIDDEN, text)


class Redactor:
    """Replaces known keys, their beginnings and ends of eight characters or more, and whatever has a key's shape.

    Providers echo keys in part ("Incorrect API key provided: sk-proj-ab...wxyz"), so parts count too.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = tuple(dict.fromkeys(form for key in keys if len(key) >= _MIN_PART for form in _forms(key)))

    def also(self, keys: Iterable[str]) -> Redactor:
        """One that knows those keys too, and searches a text once for all of them."""
        both = Redactor(keys)
        both._keys = tuple(dict.fromkeys(self._keys + both._keys))
        return both

    def __call__(self, text: str) -> str:
        for key in self._keys:
            if key[:_MIN_PART] in text:
                text = text.replace(key, MASK)
                text = _without_part(text, key[:_MIN_PART], key, forward=True)
            text = _without_part(text, key[-_MIN_PART:], key, forward=False)
        dashed = text.replace("_", "-")
        return re.sub(_SHAPES, MASK, text) if any(sign in dashed for sign in _SIGNS) else text


def _forms(key: str) -> list[str]:
    """The key as it is, percent-encoded, and in Base64 (less the characters that depend on what stands beside it)."""
    import base64  # help and version have no key to hide

    encoded = [base64.b64encode(b" " * shift + key.encode("utf-8", "replace")).decode() for shift in range(3)]
    inside = [text[4 if shift else 0 : len(text) // 4 * 4 - 4] for shift, text in enumerate(encoded)]
    return list(dict.fromkeys([key, quote(key, safe=""), *(text for text in inside if len(text) >= _MIN_PART)]))


def _without_part(text: str, part: str, key: str, *, forward: bool) -> str:
    """`text` without the longest runs that agree with the beginning (or end) of `key` and hold `part`."""
    at = text.find(part)
    while at >= 0:
        start, end = at, at + len(part)
        size = len(part)
        if forward:
            while end < len(text) and size < len(key) and text[end] == key[size]:
                end, size = end + 1, size + 1
        else:
            while start > 0 and size < len(key) and text[start - 1] == key[-size - 1]:
                start, size = start - 1, size + 1
        text = text[:start] + MASK + text[end:]
        at = text.find(part, start + len(MASK))
    return text
