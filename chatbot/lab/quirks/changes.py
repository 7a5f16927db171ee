"""What a quirk can change: the question before it is read, and of the answer documents, events, errors, headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chatbot.lab.answers import Asked, Received
from chatbot.lab.dialect import Json, Refusal, dumps
from chatbot.lab.replies import ScriptedReply, refuse
from chatbot.lab.wires.dialects import OPENAI

Answering = Callable[[Received], ScriptedReply]
Answer = Callable[[Answering, Received], ScriptedReply]
Change = Callable[[Json], Json | None]

_CHAT = "/chat/completions"


def refusing(is_refused: Callable[[Json], bool], refusal: Refusal) -> Answer:
    """Refuses questions of a kind."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        refused = received.path.endswith(_CHAT) and is_refused(body_of(received))
        return refuse(OPENAI, refusal, Asked("")) if refused else usual(received)

    return answer


def ignoring(*fields: str, **instead: Any) -> Answer:
    """Reads a question without these fields, or with others."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        if not isinstance(received.json, dict):
            return usual(received)
        kept = {name: value for name, value in received.json.items() if name not in fields}
        return usual(received._replace(json=kept | instead))

    return answer


def saying(change: Change) -> Answer:
    """Changes each document of an answer, in a stream or whole; None leaves it out."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        reply = usual(received)
        return with_pieces(reply, (changed(piece, change) for piece in reply.pieces))

    return answer


def in_events(change: Callable[[bytes], Iterable[bytes]]) -> Answer:
    """Puts others in the place of the events of a stream."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        reply = usual(received)
        if not is_stream(reply):
            return reply
        return reply._replace(pieces=(event for piece in reply.pieces for event in change(piece)))

    return answer


def with_errors(change: Callable[[ScriptedReply, Received], ScriptedReply]) -> Answer:
    """Answers with other errors."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        reply = usual(received)
        return change(reply, received) if reply.status is not None and reply.status >= 400 else reply

    return answer


def with_headers(headers: Mapping[str, str], *, of_streams: bool = False) -> Answer:
    """Answers with these headers."""

    def answer(usual: Answering, received: Received) -> ScriptedReply:
        reply = usual(received)
        return reply._replace(headers={**reply.headers, **headers}) if is_stream(reply) or not of_streams else reply

    return answer


def body_of(received: Received) -> Json:
    """The body of a request; empty where it is no object."""
    return received.json if isinstance(received.json, dict) else {}


def is_stream(reply: ScriptedReply) -> bool:
    """Whether the answer comes as events."""
    return reply.headers.get("Content-Type", "").startswith("text/event-stream")


def changed(piece: bytes, change: Change) -> bytes:
    """An event, or a whole body, with another document."""
    start, end = (b"data: ", b"\n\n") if piece.startswith(b"data: {") else (b"", b"")
    text = piece.removeprefix(start)
    try:
        said = json.loads(text)
    except ValueError:  # an end marker, or a part of an event
        return piece
    document = change(said) if isinstance(said, dict) else said
    return b"" if document is None else start + dumps(document) + end


def with_pieces(reply: ScriptedReply, pieces: Iterable[bytes]) -> ScriptedReply:
    """The same with another body; one of known length is counted anew."""
    if "Content-Length" not in reply.headers:
        return reply._replace(pieces=pieces)
    body = b"".join(pieces)
    return reply._replace(headers={**reply.headers, "Content-Length": str(len(body))}, pieces=[body])
