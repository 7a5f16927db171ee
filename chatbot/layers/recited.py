"""An answer that is known already, handed back as the events of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatbot.core.events import Event, Finished, TextDelta, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.session import Ask, Sleep

_TOKEN_CHARS = 4


def recited(pieces: Iterable[str], tokens_per_s: float | None = None) -> Ask:
    """Answers every question with these pieces: at once, or at this speed (a token is four characters)."""

    def ask(conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        has_text = False
        for piece in pieces:
            has_text = has_text or bool(piece)
            yield TextDelta(piece)
            if tokens_per_s:
                sleep(len(piece) / _TOKEN_CHARS / tokens_per_s)
        yield Finished(Verdict.COMPLETE if has_text else Verdict.EMPTY, has_text=has_text, model=options.model)

    return ask
