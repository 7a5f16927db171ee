"""Replies from a cassette, for any client: the same bytes, cuts and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chatbot.core.http.canonical import anywhere, canonical, differing
from chatbot.core.http.exchange import Exchange
from chatbot.core.json_text import dumps
from chatbot.core.request import HttpRequest
from chatbot.lab.replies import CHUNKED, ScriptedReply, Then

_THEN: Mapping[str, Then] = {"reset": "reset", "refused": "reset", "timeout": "hang", "cancelled": "close"}
_FRAMING = ("content-length", "transfer-encoding", "content-encoding", "connection", "date", "server")

RecordedAnswer = Callable[[str, Mapping[str, str], bytes], ScriptedReply]
"""A request's target, headers (lower-case names) and body to what is sent."""


def replayed(exchanges: Sequence[Exchange]) -> RecordedAnswer:
    """Answers a request that was recorded as it was then, the same ones in their order and the last of them again;
    any other with a 404 that names what differs.
    """
    forms = [anywhere(canonical(each.request, "")) for each in exchanges]
    used: set[int] = set()

    def answer(target: str, headers: Mapping[str, str], body: bytes) -> ScriptedReply:
        asked = anywhere(canonical(HttpRequest("POST", f"http://localhost{target}", headers, body), ""))
        same = [at for at, form in enumerate(forms) if form == asked]
        if not same:
            nearest = min((differing(form, asked) for form in forms), key=len, default=[])
            message = f"this request was not recorded; what differs from the nearest one: {', '.join(nearest)}"
            return _json(404, {"error": {"message": message, "type": "not_recorded"}})
        at = next((at for at in same if at not in used), same[-1])
        used.add(at)
        return _reply(exchanges[at])

    return answer


def _reply(exchange: Exchange) -> ScriptedReply:
    then = _THEN.get(exchange.end, "end")
    if exchange.status is None:
        return ScriptedReply(None, then=then)
    headers = {name: value for name, value in exchange.response_headers if name.lower() not in _FRAMING}
    return ScriptedReply(exchange.status, {**headers, **CHUNKED}, [chunk.data for chunk in exchange.chunks], then)


def _json(status: int, document: object) -> ScriptedReply:
    body = dumps(document).encode()
    return ScriptedReply(status, {"Content-Type": "application/json", "Content-Length": str(len(body))}, [body])
