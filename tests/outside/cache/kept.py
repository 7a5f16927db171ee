"""What is kept in the tests; their processes load it too, and nothing that tests."""

from __future__ import annotations

from chatbot.core.cache.answer import CachedAnswer
from chatbot.core.cache.entries import Question
from chatbot.core.events import TextDelta, Usage


def question(number: int, model: str = "m") -> Question:
    return Question(f"{number:064x}", "openai", model, {"body.model": model, "body.n": str(number)})


def answer(text: str = "Because.") -> CachedAnswer:
    return CachedAnswer((TextDelta(text),), "stop", Usage(9, 2), "req_1", "m")
