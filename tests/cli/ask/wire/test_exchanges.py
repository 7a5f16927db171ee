"""Which exchange a wait and a verdict belong to, however late one hears of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatbot.cli.ask.wire.exchanges import Beginning, Exchanges
from chatbot.core.errors import Overloaded
from chatbot.core.events import Event, Finished, Retrying, Usage, Verdict
from chatbot.core.http.exchange import ConnectionFacts, Moments
from chatbot.core.messages import Conversation
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget
from tests.tables import each

POST = HttpRequest("POST", "http://127.0.0.1/v1/chat/completions", {}, b"{}")


def exchanges() -> Exchanges:
    target = ModelTarget(services.BY_NAME["openai"], "gpt", Endpoint("http://127.0.0.1/v1"))
    beginning = Beginning(target, lambda: (ConnectionFacts(), Moments()), lambda: 1.0, lambda: 0.5, 1000)
    return Exchanges(beginning, lambda exchange, name: None)


def waits(attempt: int) -> Retrying:
    return Retrying(float(attempt), attempt, Overloaded("busy"), "backoff")


def heard(running: Exchanges, *events: Event) -> Iterator[Event]:
    """Each event with a request before it, as the thread that asks gives them out."""

    def ask(*_: object) -> Iterator[Event]:
        for event in events:
            running.observer.begin(POST).ended("eof", "", 1.0)
            yield event

    return running.noting(ask)(Conversation(), Options("gpt"), lambda delay_s: None)


@pytest.mark.parametrize("late", [False, True])
def test_a_wait_belongs_to_the_attempt_before_it_and_the_verdict_to_the_last(late: bool) -> None:
    running = exchanges()
    events = heard(running, waits(1), waits(2), Finished(Verdict.COMPLETE))
    if late:
        events = iter(list(events))
    told = [running.over() for _, event in zip((1, 2), events, strict=False)]
    list(events)
    running.finished(Finished(Verdict.COMPLETE))
    assert [len(over) for over in told] == [1, 1]
    assert [each.wait and each.wait.delay_s for each in running.all] == [1.0, 2.0, None]
    assert [each.verdict for each in running.all] == ["", "", "complete"]


def test_only_what_is_sent_again_as_it_was_is_another_attempt() -> None:
    running = exchanges()
    for body in (b"{}", b"{}", b'{"with": "a result"}', b"{}"):
        running.observer.begin(POST._replace(body=body)).ended("eof", "", 1.0)
    running.finished(Finished(Verdict.COMPLETE))
    assert [each.attempt for each in running.all] == [1, 2, 1, 3]


@each("told", [0, 1, 2])
def test_each_request_of_an_answer_in_several_has_its_own_end_and_tokens(told: int) -> None:
    running = exchanges()
    ends = [
        Finished(Verdict.CUT, model="first"),
        Finished(Verdict.COMPLETE, "tool_calls", Usage(4, 8), model="other"),
        Finished(Verdict.COMPLETE, "stop", Usage(20, 22), model="other"),
    ]
    list(heard(running, *ends))
    for _ in range(told):
        running.over()
    running.finished(Finished(Verdict.COMPLETE, "stop", Usage(24, 30), model="first"))
    assert [(each.verdict, each.finish_reason, each.usage, each.model) for each in running.all] == [
        (end.verdict, end.finish_reason or "", end.usage, end.model) for end in ends
    ]


def test_an_answer_that_is_stopped_here_has_not_the_tokens_of_what_came_before_it() -> None:
    running = exchanges()
    list(heard(running, Finished(Verdict.COMPLETE, usage=Usage(4, 8))))
    running.over()
    running.observer.begin(POST).ended("reset", "", 1.0)
    running.finished(Finished(Verdict.CANCELLED, usage=Usage(4, 8)))
    assert [(each.verdict, each.usage) for each in running.all] == [("complete", Usage(4, 8)), ("cancelled", None)]


def test_the_verdict_belongs_to_the_question_and_not_to_the_list_of_models_after_it() -> None:
    running = exchanges()
    running.observer.begin(POST).ended("eof", "", 1.0)
    running.observer.begin(HttpRequest("GET", "http://127.0.0.1/v1/models", {}, b"")).ended("eof", "", 2.0)
    told = running.finished(Finished(Verdict.FAILED))
    assert [each.verdict for each in told] == ["failed", ""]


def test_where_nothing_but_a_list_of_models_was_asked_for_the_verdict_is_its_own() -> None:
    running = exchanges()
    running.observer.begin(HttpRequest("GET", "http://127.0.0.1/v1/models", {}, b"")).ended("refused", "no", 2.0)
    assert [each.verdict for each in running.finished(Finished(Verdict.FAILED))] == ["failed"]


def test_the_next_question_begins_to_count_anew() -> None:
    running = exchanges()
    for _ in range(2):
        running.new_question()
        list(heard(running, waits(1), Finished(Verdict.COMPLETE)))
        assert len(running.over()) == 1
        assert [each.verdict for each in running.finished(Finished(Verdict.COMPLETE))] == ["complete"]
