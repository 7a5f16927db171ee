"""Observations as tests want them: what is not said is as it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chatbot.lab.answers import Received
from chatbot.lab.dialect import dumps
from chatbot.lab.grade.observation import Asked, Observation
from chatbot.lab.grade.scenes import QUESTION
from chatbot.outside.processes.running import Piece, ProcessRun

KEY = "sk-lab-0123456789abcdef"
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}


def received(headers: Mapping[str, str] = HEADERS, body: Any = BODY, path: str = "/v1/chat/completions") -> Received:
    """A request. A body of bytes is no JSON."""
    is_json = not isinstance(body, bytes)
    return Received(
        "POST", path, MappingProxyType(dict(headers)), dumps(body) if is_json else body, body if is_json else None
    )


USUAL = received()


def ran(out: str = "", err: str = "", code: int = 0, **more: Any) -> ProcessRun:
    """A program that ended by itself after a second, and wrote half a second before."""
    pieces = [Piece(0.5, is_error, text.encode()) for is_error, text in ((False, out), (True, err)) if text]
    return ProcessRun(
        **{"began_s": 0.0, "code": code, "ended": "exited", "pieces": tuple(pieces), "took_s": 1.0, **more}
    )


def seen(run: ProcessRun, at_s: Sequence[float] = (0.2,), request: Received | None = None, **more: Any) -> Observation:
    """A scene with questions at these times, a whole answer of which is `says`."""
    streamed = more.pop("streamed", True)
    asked = tuple(Asked(time_s, request or USUAL, streamed) for time_s in at_s)
    return Observation(**{"wire": "openai", "question": QUESTION, "key": KEY, "run": run, "asked": asked, **more})
