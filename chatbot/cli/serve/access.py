"""Who may ask the relay: programs of this machine, who has its token, and web pages that were named."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from chatbot.core.addresses import is_loopback
from chatbot.lab.replies import ScriptedReply
from chatbot.lab.server.connection import refusal
from chatbot.records import NamedTuple

_SHOWN_TO_PAGES = "x-request-id, retry-after, x-chat-ignored-fields, x-chat-notice"


class Access(NamedTuple):
    """`token`: what each request has to bring, empty for none. `origins` are the web pages that may ask. `checks_host`:
    a request names this machine; a page elsewhere may have its own name point here (DNS rebinding).
    """

    token: str = ""
    origins: tuple[str, ...] = ()
    checks_host: bool = True

    def refuse(self, method: str, headers: Mapping[str, str]) -> ScriptedReply | None:
        """What is sent to who may not ask; None to who may."""
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if self.checks_host and not is_loopback(_host_name(host)):
            return refusal(403, f"this server is asked as 127.0.0.1 or localhost, not as {host or 'nobody'}")
        if origin and origin not in self.origins:
            return refusal(403, f"web pages of {origin} may not ask; chat serve --cors {origin} lets them")
        if method == "OPTIONS":  # asks for leave, without a token
            return self.for_page(ScriptedReply(204), headers) if origin else None
        if self.token and not hmac.compare_digest(_token_in(headers), self.token.encode()):
            reply = refusal(401, "the token of this server is missing or wrong", code="invalid_api_key")
            return self.for_page(reply._replace(headers={**reply.headers, "WWW-Authenticate": "Bearer"}), headers)
        return None

    def for_page(self, reply: ScriptedReply, headers: Mapping[str, str]) -> ScriptedReply:
        """The reply with what lets the browser of a named page read it (fetch.spec.whatwg.org, "CORS protocol")."""
        origin = headers.get("origin", "")
        if origin not in self.origins:
            return reply
        allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if reply.status == 204:
            wanted = headers.get("access-control-request-headers", "")
            allowed |= {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Max-Age": "600"}
            allowed |= {"Access-Control-Allow-Headers": wanted} if wanted.isprintable() and wanted else {}
        else:
            allowed |= {"Access-Control-Expose-Headers": _SHOWN_TO_PAGES}
        return reply._replace(headers={**reply.headers, **allowed})


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _token_in(headers: Mapping[str, str]) -> bytes:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip().encode("utf-8", "replace") if scheme.lower() == "bearer" else b""
