"""The head of an answer, and its trailers, within bounds.

`http.client` skips one kind of interim response (100) and takes any other for the answer: all answers of the connection
are then one too early. It reads as many trailers as a server sends.
"""

from __future__ import annotations

import http.client
from typing import Any

MAX_INTERIM_RESPONSES = 20
MAX_TRAILERS = 100
_SWITCHING_PROTOCOLS = 101  # no interim response: what follows is not HTTP any more
_LONGEST_LINE_BYTES = 65_536


class TooMuch(http.client.HTTPException):
    """A server sends more of something than any server means."""


class BoundedResponse(http.client.HTTPResponse):
    """An answer behind its interim responses (RFC 9110, section 15.2), with at most MAX_TRAILERS trailers."""

    def _read_status(self) -> Any:
        for _ in range(MAX_INTERIM_RESPONSES + 1):
            found: Any = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200 or found[1] == _SWITCHING_PROTOCOLS:
                return found
            http.client.parse_headers(self.fp)
        raise TooMuch(f"more than {MAX_INTERIM_RESPONSES} interim responses")

    def _read_and_discard_trailer(self) -> None:
        for _ in range(MAX_TRAILERS + 1):
            line = self.fp.readline(_LONGEST_LINE_BYTES + 1)
            if line in (b"\r\n", b"\n", b""):
                return
            if len(line) > _LONGEST_LINE_BYTES:
                break
        raise TooMuch(f"more than {MAX_TRAILERS} trailers, or a very long one")
