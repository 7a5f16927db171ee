"""The probe against the lab: each quirk changes its own rows, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from chatbot.lab.quirks.table import BY_NAME, QUIRKS, Quirk
from chatbot.lab.server.http import LabServer
from chatbot.providers.probe.checks import CHECKS, MOST_REQUESTS
from chatbot.providers.probe.finding import Finding
from tests.cli.probe.probed import findings

Answers = dict[str, tuple[str, str]]
Usual = Callable[[str, bool], dict[str, Finding]]

# What the lab, without a quirk, does not have.
NO = {
    "tls": "plain HTTP",
    "keep-alive": "none seen",
    "no-key": "it is answered",
    "reasoning": "none seen",
    "limit-headers": "none seen",
}
NO_CALL, NO_STREAM = ("unknown", "no tool was called"), ("unknown", "no stream came")
REFUSED = ("no", "refused (HTTP 400)")


def without_message(*statuses: int) -> list[tuple[str, str]]:
    return [("wrong", f"HTTP {status}, and a body without error.message") for status in statuses]


ERRORS = ("wrong-key", "error-model", "error-body", "error-stream")
CHANGED: dict[str, Answers] = {
    "no-max-tokens": {"max-tokens": REFUSED},
    "ignores-max-completion-tokens": {"max-completion-tokens": ("wrong", "ignored: the answer is longer")},
    "token-bucket": {"limit-headers": ("yes", "requests")},
    "no-temperature": {"temperature": REFUSED},
    "no-system": {"system": REFUSED},
    "no-developer": {"developer": REFUSED},
    "ignores-stop": {"stop": ("wrong", "ignored: the word is in the answer")},
    "no-seed": {"seed": REFUSED, "same-seed": REFUSED},
    "no-unknown-fields": {"unknown-field": ("no", "refused (HTTP 422)")},
    "no-images": {"image": REFUSED},
    "ignores-schema": {"json-schema": ("wrong", "taken, and not obeyed")},
    "no-schema": {"json-schema": REFUSED},
    "ignores-tools": {
        "tools": ("no", "it answers in words"),
        "parallel-calls": NO_CALL,
        "streamed-arguments": NO_CALL,
        "call-index": NO_CALL,
    },
    "one-call": {"parallel-calls": ("no", "one call at a time")},
    "calls-without-index": {"call-index": ("wrong", "calls without index")},
    "whole-arguments": {"streamed-arguments": ("no", "the arguments come at once")},
    "reasoning-field": {"reasoning": ("yes", "reasoning")},
    "no-stream": {
        "stream": ("no", "the answer comes in one piece"),
        **dict.fromkeys(("content-type", "end-marker", "stream-usage", "keep-alive"), NO_STREAM),
        **dict.fromkeys(("streamed-arguments", "call-index"), NO_STREAM),
    },
    "no-stream-options": {
        "stream": ("wrong", "stream_options is refused"),
        "stream-usage": ("no", "stream_options is refused"),
        **dict.fromkeys(("content-type", "end-marker", "keep-alive"), NO_STREAM),
    },
    "no-stream-usage": {"stream-usage": ("no", "not told, though asked for")},
    "no-done": {"end-marker": ("no", "ends without [DONE]")},
    "wrong-content-type": {"content-type": ("wrong", "text/plain")},
    "keep-alive": {"keep-alive": ("yes", "comments")},
    "text-errors": dict(zip(ERRORS, without_message(401, 404, 400, 400), strict=True)),
    "detail-errors": dict(zip(ERRORS, without_message(401, 404, 400, 400), strict=True)),
    "errors-in-stream": {"error-stream": ("wrong", "the error comes as an event of a stream with HTTP 200")},
    "bare-models": {"models": ("wrong", "a bare array, not an object with data")},
    "no-models": {"models": ("no", "HTTP 404")},
    "needs-key": {"no-key": ("yes", "HTTP 401, code invalid_api_key")},
    "any-key": {"wrong-key": ("no", "it is answered")},
    "any-model": {"error-model": ("no", "it is answered")},
    "limit-headers": {"limit-headers": ("yes", "requests")},
    "small-context": {"overflow": ("yes", "HTTP 400, code context_length_exceeded")},
}


DEEP = ("no-seed", "small-context")


@pytest.fixture(scope="module")
def usual() -> Iterator[Usual]:
    """What is found in the lab without a quirk, for one of its models."""
    with LabServer() as server:
        yield cache(lambda model, deep: findings(server.url, model, deep=deep))


def test_every_quirk_has_a_known_answer() -> None:
    assert sorted(CHANGED) == sorted(BY_NAME)


def test_the_lab_can_all_that_is_asked() -> None:
    with LabServer() as server:
        found = findings(server.url)
        asked = len(server.requests)
    short = {name: each[:2] for name, each in found.items() if name != "responses"}
    assert {name: says for name, (answer, says) in short.items() if answer == "no"} == NO
    assert {answer for answer, _ in short.values()} == {"yes", "no"}
    assert asked == MOST_REQUESTS


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_a_quirk_changes_its_own_rows_and_no_other(quirk: Quirk, usual: Usual) -> None:
    model = "reasoning" if quirk.name == "reasoning-field" else "echo"
    deep = quirk.name in DEEP
    with LabServer(quirks=[quirk]) as server:
        found = findings(server.url, model, deep=deep)
    before = usual(model, deep)
    assert {name: each[:2] for name, each in found.items() if each[:2] != before[name][:2]} == CHANGED[quirk.name]
    assert [name for name, each in found.items() if each.answer == "wrong" and not each.shown] == []


def test_no_more_is_asked_than_is_said() -> None:
    assert sum(check.request is not None and not check.is_deep for check in CHECKS) == MOST_REQUESTS


def test_quirks_go_together() -> None:
    with LabServer(quirks=[BY_NAME["no-done"], BY_NAME["no-seed"], BY_NAME["needs-key"]]) as server:
        found = findings(server.url)
    assert [found[name].answer for name in ("end-marker", "seed", "no-key", "stop")] == ["no", "no", "yes", "yes"]
