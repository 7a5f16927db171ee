"""What an answer cost: from the table of prices where the service itself was asked, and never 0 for what is unknown."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal

import pytest

from chatbot.cli.ask.arguments import Arguments
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.setup import Asking
from chatbot.cli.several.cost import Cost, cost_of
from chatbot.cli.several.member import AskedModel, asked_models
from chatbot.core.events import CacheUse, Finished, TextDelta, Usage, Verdict
from chatbot.core.messages import Conversation
from chatbot.options.chat import Connection, Who
from chatbot.terminal.notices import Notices
from chatbot.terminal.several.progress import Progress

WHOLE = Finished(Verdict.COMPLETE, has_text=True, usage=Usage(1_000_000, 0))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> AskedModel:
    return made(monkeypatch)


def made(monkeypatch: pytest.MonkeyPatch, base_url: str | None = None) -> AskedModel:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    notices = Notices(lambda text: None, str, colour=False)
    arguments = Arguments(who=Who(("openai/gpt-4o",)), connection=Connection(base_url=base_url))
    asking = Asking(arguments, "hello", Conversation(), {}, HistoryRecorder(notices, off=True), notices, ExitStack())
    [model] = asked_models(asking)
    return model


def ended(finished: Finished, *texts: str) -> Progress:
    progress = Progress("openai/gpt-4o", 0.0)
    progress.take([*map(TextDelta, texts), finished], 1.0)
    return progress


def test_a_known_price_is_paid_for_the_tokens_that_were_told(model: AskedModel) -> None:
    assert cost_of(model, ended(WHOLE)) == Cost(WHOLE.usage, Decimal("2.5"))


def test_an_answer_from_the_cache_costs_nothing(model: AskedModel) -> None:
    cached = WHOLE._replace(cache=CacheUse(True, 1.0, 1.0, "key"))
    assert cost_of(model, ended(cached)) == Cost(WHOLE.usage, Decimal(0))


def test_what_is_not_told_is_not_known(model: AskedModel) -> None:
    assert cost_of(model, ended(Finished(Verdict.COMPLETE, has_text=True))) == Cost()
    assert cost_of(AskedModel("nosuch"), ended(Finished(Verdict.FAILED))) == Cost()


def test_nothing_was_sent_where_it_was_stopped_before(model: AskedModel) -> None:
    assert cost_of(model, ended(Finished(Verdict.CANCELLED))) == Cost()


def test_at_a_gateway_the_price_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cost_of(made(monkeypatch, "http://127.0.0.1:9/v1"), ended(WHOLE)) == Cost(WHOLE.usage, None)
