"""An answer that is cut at any byte becomes whole: by real sessions, in every wire format of the lab."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from functools import cache
from urllib.parse import urlsplit

import pytest

from chatbot.core.conversations.joining import last_words
from chatbot.core.errors import ChatError, ConnectionLost, TooDear
from chatbot.core.events import Event, Finished, ReasoningDelta, TextDelta, Verdict
from chatbot.core.messages import Conversation
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.core.retry import RetryPolicy
from chatbot.lab.answers import Asked as AskedOfLab
from chatbot.lab.answers import Ending, Fault
from chatbot.lab.replies import Refuse, Say, Turn, perform
from chatbot.lab.wires.dialects import route
from chatbot.layers.continued import Asked, Continued
from chatbot.providers.wires import lookup
from chatbot.session import Session
from tests.conftest import FakeTime
from tests.events import end, text
from tests.tables import each
from tests.wires import WIRES, service_named

QUESTION = Conversation().asking("Why?")
OPTIONS = Options("m", stream=True)
ANSWER = "It is 世界 👩‍🚀:\n\n```py\nx = 1  # so\ny = 1  # so\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\nThe end."
_BASES = {"gemini": "http://127.0.0.1:9/v1beta"}


class Lab:
    """The lab without a socket. Of the body of each reply the first `cuts` bytes come, as long as there is such a
    number; `turn` says what is answered to a question.
    """

    def __init__(self, wire: str, turn: Callable[[str], Turn], *cuts: int) -> None:
        self.wire, self.turn, self.cuts = wire, turn, list(cuts)
        self.asked: list[AskedOfLab] = []
        self.bodies: list[bytes] = []
        self.time = FakeTime()

    def ask(self) -> Callable[..., Iterator[Event]]:
        provider = lookup.provider_for(
            service_named(self.wire), Endpoint(_BASES.get(self.wire, "http://127.0.0.1:9/v1"))
        )
        now = self.time.clock
        return Session(provider, self._send, RetryPolicy(max_retries=0), now, now, lambda: 0.5).ask

    def _send(self, request: HttpRequest) -> HttpResponse:
        address = urlsplit(request.url)
        asked, status, headers, body = replied(
            self.turn, f"{address.path}?{address.query}", tuple(request.headers), request.body
        )
        self.asked.append(asked)
        self.bodies.append(body)
        cut = self.cuts.pop(0) if self.cuts else None
        return HttpResponse(status, headers, _played(body, cut), lambda: None)


@functools.lru_cache(64)  # the first question of each test, and those after cuts in one piece of text, are the same
def replied(
    turn: Callable[[str], Turn], path: str, names: tuple[str, ...], body: bytes
) -> tuple[AskedOfLab, int, dict[str, str], bytes]:
    """What the lab read in a request, and its reply."""
    found = route("POST", path, {name.lower(): "" for name in names})
    known = AskedOfLab(found.model, streamed=found.streamed, sse=found.sse)
    asked = found.dialect.read(json.loads(body), known)
    reply = perform(turn(asked.question), found.dialect, asked)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return asked, reply.status or 0, headers, b"".join(reply.pieces)


def _played(body: bytes, cut: int | None) -> Iterator[bytes]:
    yield body[:cut]
    if cut is not None and cut < len(body):
        raise ConnectionLost("the connection broke off")


def starts_over(question: str) -> Turn:
    return Say(ANSWER)


@cache
def _ends() -> dict[str, int]:
    """The last words of each beginning of the answer that is cut somewhere, and how long it is."""
    ends: dict[str, int] = {}
    for size in range(1, len(ANSWER) + 1):
        ends.setdefault(last_words(ANSWER[:size]), size)
    return ends


def obeys(question: str) -> Turn:
    words = question.rpartition("\n\n")[2]
    whole = next((end for end in _ends() if question.endswith("\n\n" + end)), None) if words not in _ends() else words
    return Say(ANSWER if whole is None else ANSWER[ANSWER.index(whole) :])


def asked(lab: Lab, **wanted: int | str) -> list[Event]:
    who = Asked(lab.ask(), "lab")
    return list(Continued(who, who, **wanted).ask(QUESTION, OPTIONS, lab.time.sleep))  # type: ignore[arg-type]


def cuts(body: bytes) -> Iterator[int]:
    """Before all; in each event, further on from one to the next; before the line end that makes it whole; behind it.
    Where else an event is cut, nothing of it has come either.
    """
    yield 0
    start = 0
    for number, event in enumerate(body.splitlines(keepends=True)):
        yield start + number * 7 % len(event)
        yield start + len(event) - 1
        start += len(event)
        yield start


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("turn", [starts_over, obeys])
def test_cut_at_any_byte_an_answer_is_whole(wire: str, turn: Callable[[str], Turn]) -> None:
    whole = Lab(wire, turn)
    assert text(asked(whole)) == ANSWER
    for cut in sorted(set(cuts(whole.bodies[0]))):
        lab = Lab(wire, turn, cut)
        events = asked(lab)
        if len(lab.asked) == 1:  # nothing of it came, or all of it
            assert text(events) in ("", ANSWER)
            continue
        finished = end(events)
        assert (text(events), finished.verdict, finished.attempts) == (ANSWER, Verdict.COMPLETE, 2)
        first, rest = finished.parts
        assert (first.start, first.end, rest.start, rest.end) == (0, first.end, first.end, len(ANSWER))
        assert (first.finished.verdict, rest.finished.verdict, rest.is_joined) == (Verdict.CUT, Verdict.COMPLETE, True)


def test_an_answer_that_is_cut_again_and_again_is_asked_for_while_there_is_something_new() -> None:
    lab = Lab("openai", obeys, 1500, 2500, 4000, 4000)
    events = asked(lab)
    assert (text(events), end(events).verdict) == (ANSWER, Verdict.COMPLETE)
    for cuts, requests in (([1500] * 99, 3), ([1500, 1200] * 50, 3), ([900, 1200, 1500, 1800, 2100, 2400], 6)):
        lab = Lab("openai", starts_over, *cuts)
        events = asked(lab)
        assert len(lab.asked) == len(end(events).parts) == requests
        assert ANSWER.startswith(text(events)) and end(events).verdict is Verdict.CUT


def test_the_token_limit_is_an_end_too_early_and_the_tokens_add_up() -> None:
    def limited(question: str) -> Turn:
        return obeys(question) if "broke off" in question else Say(ANSWER[:60], ending=Ending.LENGTH)

    lab = Lab("openai", limited)
    finished = end(events := asked(lab))
    assert (text(events), finished.verdict) == (ANSWER, Verdict.COMPLETE)
    usages = [part.finished.usage for part in finished.parts]
    assert finished.usage and all(usages)
    assert finished.usage.output_tokens == sum(usage.output_tokens or 0 for usage in usages if usage)


@each(
    "turn",
    [Say("Whole."), Say("I must not.", ending=Ending.REFUSED), Say("This, but", ending=Ending.FILTERED)],
)
def test_what_came_to_its_end_is_asked_for_once(turn: Turn) -> None:
    lab = Lab("openai", lambda question: turn)
    assert end(asked(lab)).parts == ()
    assert len(lab.asked) == 1


def test_a_rest_that_cannot_be_had_leaves_what_came() -> None:
    def refuses(question: str) -> Turn:
        return Refuse(Fault.WRONG_KEY) if "broke off" in question else Say(ANSWER)

    events = asked(Lab("openai", refuses, 1500))
    finished = end(events)
    assert ANSWER.startswith(text(events)) and text(events)
    assert (finished.verdict, finished.has_text) == (Verdict.CUT, True)
    assert type(finished.error).__name__ == "KeyRejected"


def test_what_a_rest_may_cost_is_asked_before_it_is_sent() -> None:
    def forbids(conversation: Conversation, options: Options) -> None:
        assert [message.role for message in conversation.messages] == ["user", "assistant", "user"]
        raise TooDear("too dear")

    lab = Lab("openai", starts_over, 1500)
    who = Asked(lab.ask(), "lab")
    finished = end(list(Continued(who, who._replace(reserve=forbids)).ask(QUESTION, OPTIONS, lab.time.sleep)))
    assert (len(lab.asked), finished.verdict, type(finished.error)) == (1, Verdict.CUT, TooDear)


def test_another_model_goes_on_in_its_own_wire_format() -> None:
    first, other = Lab("openai", starts_over, 1500), Lab("anthropic", obeys)
    asks = Continued(Asked(first.ask(), "lab"), Asked(other.ask(), "anthropic", "claude"))
    events = list(asks.ask(QUESTION, OPTIONS, first.time.sleep))
    assert text(events) == ANSWER
    assert [(part.provider, part.finished.model) for part in end(events).parts] == [
        ("lab", "m"),
        ("anthropic", "claude"),
    ]
    assert other.asked[0].model == "claude"


def test_of_an_answer_that_has_begun_only_the_rest_is_given() -> None:
    lab = Lab("openai", obeys)
    events = asked(lab, begun=ANSWER[:50], most=1)
    assert ANSWER[:50] + text(events) == ANSWER
    assert len(lab.asked) == 1


def test_half_a_character_and_reasoning_do_not_stand_in_the_middle() -> None:
    def said(*events: Event, verdict: Verdict = Verdict.CUT, error: ChatError | None = None) -> Asked:
        done = Finished(verdict, error=error, has_text=True)
        return Asked(lambda conversation, options, sleep: iter((*events, done)), "lab")

    begun = "The beginning of this answer 👩\ufffd"
    whole = "The beginning of this answer 👩‍🚀 goes on."
    rest = said(ReasoningDelta("Hm"), TextDelta(whole), verdict=Verdict.COMPLETE)
    events = list(Continued(said(TextDelta(begun)), rest).ask(QUESTION, OPTIONS, lambda delay_s: None))
    assert text(events) == whole
    assert ReasoningDelta("Hm") not in events
    alone = list(Continued(said(TextDelta(begun)), rest, most=0).ask(QUESTION, OPTIONS, lambda delay_s: None))
    assert text(alone) == begun
