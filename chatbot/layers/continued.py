"""An Ask that has a cut answer finished: whoever is asked for the rest goes on in the middle of a word, if need be."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from chatbot.core.calls.loop import summed
from chatbot.core.conversations.joining import Joiner, request_for_rest
from chatbot.core.errors import Cancelled, ChatError
from chatbot.core.events import AnswerPart, Event, Finished, PartFinished, ReasoningDelta, TextDelta, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Options
from chatbot.records import NamedTuple
from chatbot.session import Ask, Sleep

MOST_TIMES = 5
_IN_VAIN = 2  # requests in a row that gave nothing new: each is paid
_HALF = "\ufffd"  # stands for half of a character at the end of what came; its model will say it once more


class Asked(NamedTuple):
    """Who is asked: `ask`, of this service; `model` where it is not the one in the options. `reserve` is called with
    the conversation before it is asked for a rest, and raises what forbids that.
    """

    ask: Ask
    provider: str
    model: str = ""
    reserve: Callable[[Conversation, Options], None] = lambda conversation, options: None


class Continued(NamedTuple):
    """`first` is asked, and where its answer breaks off `rest` is, up to `most` times, or until it gives nothing new
    twice. With an answer that has `begun`, only the rest of that is given.

    What is thought before a rest is not shown, for it would stand in the middle of the answer.
    """

    first: Asked
    rest: Asked
    most: int = MOST_TIMES
    begun: str = ""

    def ask(self, conversation: Conversation, options: Options, sleep: Sleep) -> Iterator[Event]:
        """See chatbot.session.Ask."""
        text, parts = self.begun, []
        if text:
            parts.append(AnswerPart(0, len(text), "", Finished(Verdict.CUT, attempts=0, has_text=True)))
        else:
            part, text = yield from _said(self.first, conversation, options, sleep, text, asks_again=bool(self.most))
            parts.append(part)
        for times in range(1, self.most + 1):
            if not _may_go_on(parts[-1].finished) or _is_in_vain(parts):
                break
            asked = for_rest(conversation, text)
            try:
                self.rest.reserve(asked, options)
            except Cancelled:
                raise
            except ChatError as error:
                parts.append(AnswerPart(len(text), len(text), self.rest.provider, _unasked(error)))
                break
            yield PartFinished()
            more = times < self.most
            part, text = yield from _said(self.rest, asked, options, sleep, text, asks_again=more)
            parts.append(part)
        yield _whole(tuple(parts))


def for_rest(conversation: Conversation, begun: str) -> Conversation:
    """The conversation that asks for the rest of an answer to its last question."""
    if not begun.strip():  # which no provider takes as an answer
        return conversation
    return conversation.answered(begun).asking(request_for_rest(begun))


def _said(
    asked: Asked, conversation: Conversation, options: Options, sleep: Sleep, text: str, *, asks_again: bool
) -> Generator[Event, None, tuple[AnswerPart, str]]:
    """Asks, gives out what is new, and returns that with its end, and all of the answer so far."""
    is_rest, joiner, start, new, held = bool(text), Joiner(text), len(text), [], ""
    if asked.model:
        options = options._replace(model=asked.model)
    for event in asked.ask(conversation, options, sleep):
        if type(event) is TextDelta:
            came = held + (joiner.feed(event.text) if is_rest else event.text)
            held = _HALF if came.endswith(_HALF) else ""
            came = came.removesuffix(held)
            new.append(came)
            if came:
                yield event if came is event.text else TextDelta(came)
        elif type(event) is Finished:
            finished = event
        elif not (is_rest and type(event) is ReasoningDelta):
            yield event
    again = asks_again and _may_go_on(finished)
    last = held + joiner.finish(breaks_off=_may_go_on(finished)) if is_rest else held
    if again:
        last = last.removesuffix(_HALF)
    if last:
        yield TextDelta(last)
    text += "".join((*new, last))
    return AnswerPart(start, len(text), asked.provider, finished, joiner.is_sure), text


def _may_go_on(finished: Finished) -> bool:
    """Whether there is the beginning of an answer, and its end could still come."""
    if finished.verdict is Verdict.FAILED:
        return finished.has_text and finished.error is not None and finished.error.retryable
    return finished.verdict in (Verdict.CUT, Verdict.LENGTH) and finished.has_text


def _is_in_vain(parts: list[AnswerPart]) -> bool:
    last = parts[1:][-_IN_VAIN:]
    return len(last) == _IN_VAIN and all(part.start == part.end for part in last)


def _unasked(error: ChatError) -> Finished:
    return Finished(Verdict.FAILED, error=error, attempts=0)


def _whole(parts: tuple[AnswerPart, ...]) -> Finished:
    """The end of all of it: that of the last part that said something, with the error of one that said nothing."""
    first, last = parts[0].finished, parts[-1].finished
    if len(parts) == 1:
        return first
    ended = last
    if not last.has_text:
        before = parts[-2].finished
        ended = before._replace(error=last.error or before.error)
    return ended._replace(
        usage=summed(part.finished.usage for part in parts),
        attempts=sum(part.finished.attempts for part in parts),
        has_text=True,
        model=first.model or last.model,
        items=None,
        cache=first.cache,
        parts=parts,
    )
