"""A model that is asked questions."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from PIL import Image

from chatbot import Chat
from chatbot.core import errors
from chatbot.core.events import Finished, ReasoningDelta, TextDelta, Verdict
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY
from tests.timing import quickest


def test_an_answer_has_all_that_is_known_of_it_and_no_key(server: LabServer) -> None:
    with Chat("openai/reasoning", system="Be brief.", temperature=0.5) as chat:
        answer = chat.ask("why?", max_tokens=99)
    assert answer.text and answer.reasoning and answer.verdict is Verdict.COMPLETE and answer.error is None
    assert answer.usage is not None and answer.finish_reason == "stop" and answer.model == "reasoning"
    exchange = answer.exchange
    assert exchange is not None and (exchange.status, exchange.end, exchange.verdict) == (200, "eof", "complete")
    assert exchange.moments.sent_ms is not None and b"data: [DONE]" in exchange.response_body
    assert KEY not in repr(answer)
    body = server.requests[0].json
    assert body["messages"][0] == {"role": "system", "content": "Be brief."} and body["temperature"] == 0.5


def test_each_question_stands_for_itself_but_for_one_that_goes_on(server: LabServer) -> None:
    with Chat("openai/echo") as chat:
        first = chat.ask("one")
        chat.ask("two")
        chat.ask("three", after=first)
    asked = [[message["content"] for message in request.json["messages"]] for request in server.requests]
    assert asked == [["one"], ["two"], ["one", "one", "three"]]


def test_the_events_come_as_they_are(server: LabServer) -> None:
    *events, finished = Chat("anthropic/reasoning").stream("why?")
    assert isinstance(finished, Finished) and {type(event) for event in events} >= {ReasoningDelta, TextDelta}


def test_an_image_is_sent(server: LabServer, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), "red").save(tmp_path / "red.png")
    answer = Chat("openai/echo").ask("what is it?", images=[tmp_path / "red.png"])
    assert "image/png" in answer.text
    with pytest.raises(errors.ImageUnreadable):
        Chat("openai/echo").ask("what is it?", images=["nothing.png"])


def test_any_file_is_attached_by_its_content(server: LabServer, tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), "red").save(tmp_path / "red", "PNG")
    for name, data in (("a.bin", b"%PDF-1.4\n"), ("b.txt", b"two words"), ("c", b"RIFF$\0\0\0WAVE")):
        (tmp_path / name).write_bytes(data)
    files = [tmp_path / name for name in ("red", "a.bin", "b.txt", "c")]
    answer = Chat("openai/echo").ask("what is it?", attachments=files)
    for told in ("image/png", "application/pdf, 9 bytes, a.bin", "audio/wav", "two words", "what is it?"):
        assert told in answer.text
    with pytest.raises(errors.FileUnreadable, match="takes no such recordings here"):
        Chat("anthropic/echo").ask("what is it?", attachments=files)


def test_no_answer_raises_and_one_that_broke_off_is_returned(server: LabServer) -> None:
    with pytest.raises(errors.KeyRejected):
        Chat("openai/wrong-key").ask("hi")
    [unknown] = Chat("openai/no-such-model").ask_all(["hi"])
    assert unknown.exchange is not None and (unknown.exchange.method, unknown.exchange.status) == ("POST", 404)
    answer = Chat("openai/cut").ask("hi")
    assert answer.text and answer.verdict is Verdict.CUT and answer.exchange is not None
    with pytest.raises(errors.NoKey) as no_key, pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_API_KEY")
        patch.delenv("OPENAI_BASE_URL")
        Chat("openai/gpt-5")
    assert no_key.value.advice == "Export OPENAI_API_KEY, or give api_key.", "keys that chat stores are not read here"
    with pytest.raises(errors.UsageError), pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_BASE_URL")
        Chat("nobody/m")
    with pytest.raises(errors.ConfigurationError):
        Chat("openai/m", base_url="no url")


def test_a_base_url_and_a_key_may_be_said(server: LabServer) -> None:
    assert Chat("anthropic/echo", base_url=server.url, api_key="key-that-is-said").ask("hi").text == "hi"
    assert server.requests[0].headers["x-api-key"] == "key-that-is-said"


def test_many_questions_are_answered_in_their_order_and_a_failure_is_one_of_them(server: LabServer) -> None:
    texts = [f"question {number}" for number in range(20)]
    with Chat("openai/echo") as chat:
        assert [answer.text for answer in chat.ask_all(texts, workers=5)] == texts
    answers = Chat("openai/wrong-key").ask_all(["a", "b"])
    assert [(answer.verdict, type(answer.error)) for answer in answers] == [(Verdict.FAILED, errors.KeyRejected)] * 2


LEAST_S = 0.8


def test_five_answers_of_a_second_take_about_a_second_in_an_asyncio_program() -> None:
    with LabServer(pace_s=0.05) as server:
        chat = Chat("openai/slow", base_url=f"{server.url}/v1", api_key="k")
        began_s = time.monotonic()
        assert chat.ask("hi") and time.monotonic() - began_s > LEAST_S

        async def all_of_them() -> float:
            began_s = time.monotonic()
            answers = await asyncio.gather(*(asyncio.to_thread(chat.ask, f"{number}") for number in range(5)))
            assert {answer.verdict for answer in answers} == {Verdict.COMPLETE}
            return time.monotonic() - began_s

        limit_s = 2.5 * LEAST_S  # one after the other they take five times that at least
        assert quickest(lambda: asyncio.run(all_of_them()), limit_s) < limit_s
        chat.close()
