"""Which exchange a wait and a verdict belong to, however late one hears of them."""

from __future__ import annotations

import pytest

from chatbot.cli.ask.wire.exchanges import Beginning, Exchanges
from chatbot.core.errors import Overloaded
from chatbot.core.events import Finished, Retrying, Verdict
from chatbot.core.http.exchange import ConnectionFacts, Moments
from chatbot.core.options import Endpoint
from chatbot.core.request import HttpRequest
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget

POST = HttpRequest("POST", "http://127.0.0.1/v1/chat/completions", {}, b"{}")


def exchanges() -> Exchanges:
    target = ModelTarget(services.BY_NAME["openai"], "gpt", Endpoint("http://127.0.0.1/v1"))
    beginning = Beginning(target, lambda: (ConnectionFacts(), Moments()), lambda: 1.0, lambda: 0.5, 1000)
    return Exchanges(beginning, lambda exchange, name: None)


def waits(attempt: int) -> Retrying:
    return Retrying(float(attempt), attempt, Overloaded("busy"), "backoff")


@pytest.mark.parametrize("heard_late", [False, True])
def test_a_wait_belongs_to_the_attempt_before_it_and_the_verdict_to_the_last(heard_late: bool) -> None:
    running = exchanges()
    told = []
    sleep = running.noting(lambda delay_s: None)
    for attempt in (1, 2):
        running.observer.begin(POST).ended("reset", "", 1.0)
        if not heard_late:
            told.append(running.retrying(waits(attempt)))
        sleep(float(attempt))
    running.observer.begin(POST).ended("eof", "", 1.0)
    if heard_late:
        told = [running.retrying(waits(attempt)) for attempt in (1, 2)]
    running.finished(Finished(Verdict.COMPLETE))
    assert [len(over) for over in told] == [1, 1]
    assert [each.wait and each.wait.delay_s for each in running.all] == [1.0, 2.0, None]
    assert [each.verdict for each in running.all] == ["", "", "complete"]


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
        running.observer.begin(POST).ended("reset", "", 1.0)
        running.noting(lambda delay_s: None)(1.0)
        running.observer.begin(POST).ended("eof", "", 1.0)
        assert len(running.retrying(waits(1))) == 1
        assert [each.verdict for each in running.finished(Finished(Verdict.COMPLETE))] == ["complete"]
