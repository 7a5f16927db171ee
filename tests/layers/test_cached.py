"""An answer that is given again: by real sessions, a real store, and a transport that is a function."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from chatbot.core import errors
from chatbot.core.cache.answer import CachedAnswer
from chatbot.core.cache.entries import Entry, Question
from chatbot.core.conversations.json_form import as_plain
from chatbot.core.events import (
    CacheUse,
    Event,
    Finished,
    Notice,
    ReasoningDelta,
    TextDelta,
    ToolFinished,
    Usage,
    Verdict,
)
from chatbot.core.messages import Conversation
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.core.retry import RetryPolicy
from chatbot.core.tools.calling import Approval, Tool, ToolDefinition, ToolOutput
from chatbot.layers.agent import Agent
from chatbot.layers.cached import SAME_QUESTION, WAITS_FOR_S, Cached
from chatbot.layers.continued import Asked, Continued
from chatbot.outside.background import EventQueue, side_by_side
from chatbot.outside.cache.store import AnswerCache
from chatbot.outside.history.store import History
from chatbot.providers.wires import lookup
from chatbot.session import Session
from chatbot.terminal.answer.json_view import as_json
from chatbot.terminal.answer.plain import Aside, PlainView
from chatbot.terminal.answer.show_events import AnswerResult, show_events
from chatbot.terminal.answer.wait_row import WaitRow
from tests.conftest import FakeTime
from tests.events import end, text
from tests.providers.test_recordings import FOLDER, RECORDINGS
from tests.tables import each
from tests.wires import service_named

QUESTION = Conversation().asking("Why is the sky blue?")
OPTIONS = Options("m", stream=True)
TTL_S = 300.0
SSE = {"content-type": "text/event-stream", "x-request-id": "req_1"}
WHOLE = (
    b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"Be"}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"cause."},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}\n\ndata: [DONE]\n\n'
)
CUT = WHOLE.partition(b'data: {"choices":[],')[0].replace(b',"finish_reason":"stop"', b"")


class Service:
    """A service that gives one body after the other, the last one for ever; and a cache before it."""

    def __init__(self, folder: Path, *bodies: bytes, service: str = "openai", size: int = 65536) -> None:
        self.bodies, self.size = list(bodies), size
        self.time = FakeTime()
        self.requests: list[HttpRequest] = []
        self.told: list[str] = []
        self.known = 0
        self.store = AnswerCache(folder, now=self.time.clock, warn=self.told.append)
        self.service = service
        self.base_url = "http://127.0.0.1:9/v1"

    @property
    def session(self) -> Session:
        provider = lookup.provider_for(service_named(self.service), Endpoint(self.base_url, ("Authorization", "k")))
        policy = RetryPolicy(max_retries=0)
        return Session(provider, self._send, policy, self.time.clock, self.time.clock, lambda: 0.5)

    def cached(self, **wanted: Any) -> Cached:
        def known() -> None:
            self.known += 1

        return Cached(self.session, self.store, on_known=known, **{"ttl_s": TTL_S, **wanted})

    def ask(self, conversation: Conversation = QUESTION, options: Options = OPTIONS, **wanted: Any) -> list[Event]:
        return list(self.cached(**wanted).ask(conversation, options, self.time.sleep))

    def _send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        if request.method == "GET":
            return HttpResponse(200, {}, iter([b'{"data":[{"id":"the-first"}]}']), lambda: None)
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        is_json = body.lstrip()[:1] in (b"{", b"[")
        pieces = iter([body[at : at + self.size] for at in range(0, len(body), self.size)])
        return HttpResponse(200, {"content-type": "application/json"} if is_json else SSE, pieces, lambda: None)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "cache", WHOLE)
    yield made
    made.store.close()


def use(events: Sequence[Event]) -> CacheUse:
    found = end(events).cache
    assert found is not None
    return found


def test_the_second_answer_is_the_first_one_without_a_request(service: Service) -> None:
    first = service.ask()
    service.time.sleep(60)
    second = service.ask()
    assert len(service.requests) == 1 and service.known == 1
    key = use(first).key
    assert use(first) == CacheUse(False, 0.0, TTL_S, key) and use(second) == CacheUse(True, 60.0, 240.0, key)
    assert second[:-1] == [ReasoningDelta("Hm"), TextDelta("Because.")], "reasoning, and the text in one piece"
    assert end(second) == end(first)._replace(attempts=0, cache=use(second))
    assert end(second).usage == Usage(9, 2)
    stats = service.store.stats()
    assert (stats.hits, stats.misses, stats.hit_rate, stats.saved_tokens) == (1, 1, 0.5, 11)


def test_an_answer_is_given_again_until_its_time_is_over_and_is_replaced_then(service: Service) -> None:
    service.bodies = [WHOLE, WHOLE.replace(b"cause", b"fore")]
    service.ask()
    service.time.sleep(TTL_S - 1)
    assert use(service.ask()).hit
    service.time.sleep(1)
    assert text(service.ask()) == "Before." and len(service.requests) == 2
    assert text(service.ask()) == "Before." and len(service.requests) == 2


def test_how_old_it_may_be_is_judged_when_it_is_read(service: Service) -> None:
    service.ask(ttl_s=10)
    service.time.sleep(60)
    assert not service.cached(ttl_s=10).knows(QUESTION, OPTIONS)
    assert use(service.ask(ttl_s=3600)).hit


def test_an_answer_from_the_future_is_stale(service: Service) -> None:
    service.ask()
    service.time.now_s -= 30
    assert not use(service.ask()).hit and len(service.requests) == 2


@pytest.mark.parametrize("broken", [CUT, b'data: {"error":{"message":"boom"}}\n\n', b"data: [DONE]\n\n", b""])
def test_what_is_not_complete_is_not_kept_and_leaves_an_older_answer_as_it_was(service: Service, broken: bytes) -> None:
    """gonka-ai/gonka#1722: a cut stream with status 200 was kept, and given again for an hour."""
    service.bodies = [broken, WHOLE, broken, broken]
    assert end(service.ask()).verdict is not Verdict.COMPLETE
    assert use(service.ask()) == CacheUse(False, 0.0, TTL_S, use(service.ask()).key)
    assert end(service.ask(refresh=True)).verdict is not Verdict.COMPLETE
    assert use(service.ask()).hit and text(service.ask()) == "Because."
    assert use(service.ask(refresh=True)).expires_s == 0, "it is not kept"


def test_an_answer_at_the_token_limit_and_a_refusal_are_not_kept(service: Service) -> None:
    for reason in (b"length", b"content_filter"):
        service.bodies = [WHOLE.replace(b'"stop"', b'"%s"' % reason)]
        service.ask()
        assert not use(service.ask()).hit


def test_refresh_asks_and_replaces_and_only_never_asks(service: Service) -> None:
    service.bodies = [WHOLE, WHOLE.replace(b"cause", b"fore")]
    nothing = end(service.ask(only=True))
    assert isinstance(nothing.error, errors.NotCached) and nothing.error.exit_code == 66 and not service.requests
    service.ask()
    service.time.sleep(1)
    assert text(service.ask(refresh=True)) == "Before."
    assert text(service.ask(only=True)) == "Before." and len(service.requests) == 2


def test_only_asks_for_no_list_of_models_either(service: Service) -> None:
    nothing = end(service.ask(options=Options("", stream=True), only=True))
    assert isinstance(nothing.error, errors.NotCached) and "-m" in nothing.error.advice
    assert service.requests == []


def test_a_hit_says_that_it_is_one_and_keeps_stream_reasoning_and_usage(service: Service) -> None:
    """BerriAI/litellm#11145 (a hit streams nothing), #24579 and #32068 (loses reasoning), #5401 (says it was none)."""
    for stream in (True, False):
        service.bodies = [WHOLE]
        events = [service.ask(options=OPTIONS._replace(stream=stream)) for _ in range(2)][1]
        assert use(events).hit and [type(event) for event in events] == [ReasoningDelta, TextDelta, Finished]
        assert end(events).usage == Usage(9, 2) and end(events).request_id == "req_1"
    assert len(service.requests) == 1, "a stream and a whole answer are the same"


@pytest.mark.parametrize(
    "change",
    [
        lambda service: setattr(service, "base_url", "http://127.0.0.1:10/v1"),
        lambda service: setattr(service, "service", "groq"),
    ],
)
def test_another_place_is_another_question(service: Service, change: Callable[[Service], None]) -> None:
    """A key that ignores the base URL gives one server's answers for those of another."""
    service.ask()
    change(service)
    found = service.ask()
    assert use(found).hit is (service.base_url.endswith(":9/v1")), (
        "where only the service's name differs, it is the same"
    )


@each(
    "options",
    [
        OPTIONS._replace(model="n"),
        OPTIONS._replace(temperature=0.1),
        OPTIONS._replace(seed=1),
        OPTIONS._replace(max_tokens=9),
        OPTIONS._replace(stop=("x",)),
        OPTIONS._replace(extra={"top_k": 3}),
    ],
)
def test_each_option_makes_another_question(service: Service, options: Options) -> None:
    service.ask()
    assert not use(service.ask(options=options)).hit
    assert use(service.ask(options=options)).hit and use(service.ask()).hit


def test_a_conversation_and_a_system_prompt_make_another_question(service: Service) -> None:
    service.ask()
    assert not use(service.ask(QUESTION._replace(system="be brief"))).hit
    assert not use(service.ask(QUESTION.answered("Because.").asking("Why is the sky blue?"))).hit


def test_where_no_model_is_chosen_the_first_of_the_list_is_part_of_the_question(service: Service) -> None:
    first, second = service.ask(options=Options("")), service.ask(options=Options(""))
    assert (use(first).hit, use(second).hit) == (False, True)
    assert [request.method for request in service.requests] == ["GET", "POST", "GET"]
    assert end(second).model == "the-first"
    assert not service.cached().knows(QUESTION, Options("")), "nothing is sent to find that out"


def test_a_request_that_cannot_be_built_is_told_as_without_a_cache(service: Service) -> None:
    options = OPTIONS._replace(temperature=float("nan"))
    assert isinstance(end(service.ask(options=options)).error, errors.UsageError)
    assert not service.cached().knows(QUESTION, options)


def test_keys_are_not_kept(service: Service) -> None:
    service.bodies = [WHOLE.replace(b"cause", b"sk-secret")]
    service.ask(redact=lambda said: said.replace("sk-secret", "[key]"))
    assert text(service.ask()) == "Be[key]."


def test_a_notice_of_what_was_left_out_is_given_again(service: Service) -> None:
    service.service = "anthropic"
    answer = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    service.bodies = [json.dumps(answer).encode()]
    first, second = (service.ask(options=OPTIONS._replace(seed=1)) for _ in range(2))
    assert (
        use(second).hit
        and [event for event in second if type(event) is Notice]
        == [event for event in first if type(event) is Notice]
        != []
    )


class Busy:
    """A store whose questions another process asks, until `until_s`; then it has answered, or is dead."""

    def __init__(self, time: FakeTime, until_s: float, then: Callable[[str], Entry | None]) -> None:
        self._time, self._until_s, self._then = time, until_s, then
        self.claims: list[str] = []
        self.released: list[str] = []

    def find(self, key: str) -> Entry | None:
        return self._then(key) if self._time.clock() >= self._until_s else None

    def hit(self, key: str, usage: Usage | None) -> None:
        pass

    def missed(self, question: Question, answer: CachedAnswer | None) -> bool:
        return False

    def claim(self, key: str) -> bool:
        self.claims.append(key)
        return self._time.clock() >= self._until_s

    def release(self, key: str) -> None:
        self.released.append(key)


def entry(key: str, created_s: float) -> Entry:
    answer = CachedAnswer((TextDelta("Because."),), "stop", None, None, "m")
    return Entry(Question(key, "openai", "m", {}), created_s, created_s, 0, 1, answer)


def busy(
    service: Service, lasts_s: float, then: Callable[[str], Entry | None], **wanted: Any
) -> tuple[list[Event], Busy]:
    store = Busy(service.time, service.time.clock() + lasts_s, then)
    return list(service.cached(**wanted)._replace(store=store).ask(QUESTION, OPTIONS, service.time.sleep)), store


@pytest.mark.parametrize("refresh", [False, True])
def test_the_answer_of_whoever_asks_the_same_question_just_now_is_waited_for(service: Service, refresh: bool) -> None:
    began_s = service.time.clock()
    events, store = busy(service, 3.0, lambda key: entry(key, began_s + 2), refresh=refresh)
    assert events[0] == Notice(SAME_QUESTION) == Notice("the same question is being asked; waiting")
    assert text(events) == "Because." and use(events).hit and service.requests == []
    assert store.released == store.claims[:1] and 3 <= sum(service.time.slept) < 3.1


def test_who_waited_for_one_that_died_or_failed_asks(service: Service) -> None:
    events, store = busy(service, 3.0, lambda key: None)
    assert text(events) == "Because." and len(service.requests) == 1 and len(store.released) == 1


def test_nobody_waits_longer_than_two_minutes(service: Service) -> None:
    events, store = busy(service, 1e6, lambda key: None)
    assert text(events) == "Because." and len(service.requests) == 1
    assert WAITS_FOR_S <= sum(service.time.slept) < WAITS_FOR_S + 1 and store.released == [], "it is not ours"


def test_the_wait_can_be_stopped(service: Service) -> None:
    def stopped(delay_s: float) -> None:
        raise errors.Cancelled("stopped")

    store = Busy(service.time, 1e9, lambda key: None)
    with pytest.raises(errors.Cancelled):
        list(service.cached()._replace(store=store).ask(QUESTION, OPTIONS, stopped))


def test_a_question_is_free_again_however_its_answer_ends(service: Service) -> None:
    service.bodies = [CUT, WHOLE]
    service.ask()
    key = service.cached().question(QUESTION, OPTIONS).key
    abandoned = service.cached(refresh=True).ask(QUESTION, OPTIONS, service.time.sleep)
    next(abandoned)
    assert not service.store.claim(key)
    abandoned.close()  # type: ignore[attr-defined]
    assert service.store.claim(key)
    service.store.release(key)


class Told(list[str]):
    """What one way to show an answer wrote."""

    def __call__(self, text: str) -> None:
        self.append(text)


def shown(ask: Callable[..., Iterator[Event]], folder: Path) -> tuple[AnswerResult, Told, Any]:
    """An answer through the loop, the plain view and the history, as `chat` does it."""
    written = Told()
    view = PlainView(written, lambda words: None, Aside(None, WaitRow("m", 0.0)))
    queue = EventQueue(lambda sleep: ask(QUESTION, OPTIONS, sleep), lambda: None)
    result = show_events(queue, view, lambda: 0.0, lambda: False)
    clock = FakeTime().clock
    with tempfile.TemporaryDirectory(dir=folder) as place:
        history = History(Path(place), now=clock, clock=clock, warn=pytest.fail, random=lambda size: bytes(size))
        writing = history.begin(None, "why?", provider="p", model="m")
        writing.add(result.text, result.reasoning)
        writing.finish(result.finished)
        conversation = history.conversation(history.last_conversation_id() or "")
        history.close()
    return result, written, as_plain(conversation, {})


def without_the_sending(plain: Any) -> Any:
    """Without what tells whether anything was sent."""
    if isinstance(plain, dict):
        left_out = ("cache", "attempts", "traffic", "total_s", "first_text_s")
        return {name: without_the_sending(value) for name, value in plain.items() if name not in left_out}
    return [without_the_sending(value) for value in plain] if isinstance(plain, list) else plain


@each(
    ("recording", "size"),
    list(zip(RECORDINGS, cycle((1, 7, 64, 65_536)), strict=False)),
)
def test_a_hit_shows_and_keeps_what_the_miss_did_for_every_recording(tmp_path: Path, recording: Any, size: int) -> None:
    body = (FOLDER / recording.file).read_bytes()
    service = Service(tmp_path, body, service=recording.file.split("-")[0], size=size)
    (first, said, kept), (second, said_again, kept_again) = (shown(service.cached().ask, tmp_path) for _ in range(2))
    service.store.close()
    is_whole = first.finished.verdict is Verdict.COMPLETE
    assert use([second.finished]).hit is is_whole and len(service.requests) == (1 if is_whole else 2)
    assert "".join(said) == "".join(said_again) and (second.text, second.reasoning) == (first.text, first.reasoning)
    documents = [json.loads(as_json(result, "p", "m", {})) for result in (first, second)]
    assert without_the_sending(documents[0]) == without_the_sending(documents[1])
    assert without_the_sending(kept) == without_the_sending(kept_again)
    if is_whole:
        assert [len(written) for written in said_again][:1] == [len(first.text.encode())], "the text is one write"
        assert documents[1]["attempts"] == 0 and documents[1]["cache"]["hit"] is True
    assert service.told == []


def test_an_answer_that_was_cut_is_kept_once_it_is_joined(service: Service) -> None:
    rest = WHOLE.replace(b'"Be"', b'"Because. It"').replace(b'"cause."', b'" is."')

    def ask() -> list[Event]:
        asked = Asked(service.session.ask, "openai")
        return service.ask(asks=Continued(asked, asked, most=1).ask)

    service.bodies = [CUT, CUT[: CUT.index(b"cause")], CUT, rest]
    assert end(ask()).verdict is not Verdict.COMPLETE and len(service.requests) == 2
    first, second = ask(), ask()
    assert len(service.requests) == 4, "what stays cut is asked again, what is whole is not"
    assert text(first) == text(second) == "Because. It is."
    assert (use(first).expires_s, use(second).hit) == (TTL_S, True)
    results = [AnswerResult(text(events), "", end(events)) for events in (first, second)]
    documents = [json.loads(as_json(result, "p", "m", {})) for result in results]
    assert without_the_sending(documents[0]) == without_the_sending(documents[1])
    assert [part["verdict"] for part in documents[1]["parts"]] == ["cut", "complete"]


def test_the_steps_of_a_loop_around_it_are_each_given_again_and_its_tools_are_called_again(service: Service) -> None:
    called = (
        b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"now",'
        b'"arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\n'
        b"data: [DONE]\n\n"
    )
    said = iter(("noon", "noon", "one"))
    tool = Tool(
        ToolDefinition("now", "Tells the time.", {"type": "object"}), lambda given, stopped: ToolOutput(next(said))
    )

    def asked(options: Options = OPTIONS) -> Finished:
        ask = service.cached().ask
        agent = Agent(ask, (tool,), lambda call, tool: Approval(True), side_by_side, service.time.clock)
        events = list(agent.ask(QUESTION, options, service.time.sleep))
        assert text(events) == "Because." and sum(isinstance(event, ToolFinished) for event in events) == 1
        return end(events)

    service.bodies = [called, WHOLE, WHOLE]
    assert (asked().usage, len(service.requests)) == (Usage(14, 3), 2)
    again = asked()
    assert (again.attempts, again.usage, len(service.requests)) == (0, Usage(14, 3), 2)
    later = asked()  # the tool says something else, so that only the last step is another question
    assert (later.attempts, later.usage, len(service.requests)) == (1, Usage(9, 2), 3)
    service.ask()
    assert len(service.requests) == 4, "the same question without tools is another one"
