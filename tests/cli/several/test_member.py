"""One of several models, asked by hand."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from chatbot.cli.ask.arguments import Arguments
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.setup import Asking
from chatbot.cli.several.member import AskedModel, asked_models
from chatbot.core.errors import Cancelled, UsageError
from chatbot.core.events import Finished, Verdict
from chatbot.core.messages import Conversation
from chatbot.lab.server.http import LabServer
from chatbot.options.chat import Connection, Who
from chatbot.terminal.notices import Notices


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")


def asked(*names: str, base_url: str | None = None) -> list[AskedModel]:
    notices = Notices(lambda text: None, str, colour=False)
    arguments = Arguments(who=Who(names, "openai" if base_url else None), connection=Connection(base_url=base_url))
    recorder = HistoryRecorder(notices, off=True)
    return asked_models(Asking(arguments, "hello", Conversation(), {}, recorder, notices, ExitStack()))


def test_one_that_was_stopped_before_it_sent_anything_sends_nothing_and_can_be_asked_again() -> None:
    with LabServer() as server:
        [model] = asked("echo", base_url=f"{server.url}/v1")
        events = model.events()
        model.stop()
        with pytest.raises(Cancelled):
            list(events(lambda delay_s: None))
        assert not server.requests
        *_, last = model.events()(lambda delay_s: None)
        assert isinstance(last, Finished) and last.verdict is Verdict.COMPLETE


def test_names_tell_them_apart() -> None:
    assert [model.name for model in asked("openai/gpt-5", "gpt-5", "openai/gpt-4o", "nosuch/m")] == [
        "openai/gpt-5",
        "openai/gpt-5 (2)",
        "openai/gpt-4o",
        "nosuch/m",
    ]


def test_one_that_cannot_be_asked_ends_in_its_error() -> None:
    *_, last = asked("openai/gpt-5", "nosuch/m")[1].events()(lambda delay_s: None)
    assert isinstance(last, Finished) and isinstance(last.error, UsageError) and last.attempts == 0


def test_what_is_wrong_with_all_of_them_is_raised() -> None:
    with pytest.raises(UsageError, match="no provider 'nosuch'"):
        asked("nosuch/a", "nosuch/b")
