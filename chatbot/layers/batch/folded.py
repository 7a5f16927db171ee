"""The answer of a row that a provider's batch brings, as if it had been asked alone."""

from __future__ import annotations

from chatbot.core.errors import ChatError, MalformedAnswer
from chatbot.core.events import EndMarker, Finished, TextDelta, Verdict
from chatbot.providers.batches.base import BatchAnswer
from chatbot.providers.wires.base import Provider
from chatbot.session import Answer


def folded(provider: Provider, brought: BatchAnswer, model: str) -> tuple[str, Finished]:
    """The text, and how it ended."""
    answer, texts = Answer(), []
    try:
        if brought.error:
            raise brought.error
        events = list(provider.read_answer(brought.document))
        if not events:
            raise MalformedAnswer("the batch brought JSON that is not an answer")
        for event in (*events, EndMarker()):
            texts += [part.text for part in answer.take(event) if type(part) is TextDelta]
        texts += [part.text for part in answer.rest() if type(part) is TextDelta]
        answer.check(provider.needs_end_marker)
    except ChatError as error:
        return "".join(texts), answer.finished(error, 1, model)
    return "".join(texts), answer.finished(None, 1, model)


def without_result(ended: str, reason: str) -> Finished:
    """How a row ended that the batch did not come to, or has nothing of."""
    verdict = Verdict.CANCELLED if ended == "cancelled" else Verdict.FAILED
    return Finished(verdict, error=ChatError(reason or f"the batch {_ENDED[ended]} before this row was answered"))


_ENDED = {"expired": "expired", "cancelled": "was cancelled", "failed": "failed"}
