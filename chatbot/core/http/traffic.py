"""How much went to which host."""

from __future__ import annotations

from chatbot.records import NamedTuple


class Traffic(NamedTuple):
    """What went to `host` and came from there: requests, and bytes of HTTP messages (heads, bodies, framing) as this
    program wrote and read them; inside of TLS, and without what TCP and TLS add.
    """

    host: str
    requests: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
