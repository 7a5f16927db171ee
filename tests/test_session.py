"""One question, with real providers, a transport that is a function, and a clock that only moves by sleeping."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.events import Event, Finished, Notice, ReasoningDelta, Retrying, TextDelta, Usage, Verdict
from chatbot.core.messages import Conversation, Image
from chatbot.core.options import Endpoint, Options
from chatbot.core.request import HttpRequest, HttpResponse
from chatbot.core.retry import RetryPolicy
from chatbot.providers import services
from chatbot.providers.wires import lookup
from chatbot.session import Session
from tests.any_json import any_json
from tests.conftest import FakeTime
from tests.endless import Endless
from tests.events import end, text
from tests.tables import cases, each
from tests.wires import WIRES, service_named

NOW_S = 1696004797.0  # Fri, 29 Sep 2023 16:26:37 GMT
QUESTION = Conversation().asking("Why is the sky blue?")
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
FINISHES = {"openai": "stop", "responses": "completed", "anthropic": "end_turn", "gemini": "STOP"}


class Reply(NamedTuple):
    """What a request gets: a response whose body comes in `chunks`, an exception among them being raised."""

    status: int = 200
    headers: Mapping[str, str] = SSE
    chunks: Iterable[bytes | ChatError] = ()


class Server:
    """A transport that gives one reply after the other and keeps the requests."""

    def __init__(self, *replies: Reply | ChatError) -> None:
        self.replies = list(replies)
        self.requests: list[HttpRequest] = []
        self.unread: list[Iterator[bytes]] = []
        self.closed = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, ChatError):
            raise reply
        chunks = _played(reply.chunks)
        self.unread.append(chunks)
        return HttpResponse(reply.status, reply.headers, chunks, self._close)

    def _close(self) -> None:
        self.closed += 1

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests if request.body]


def _played(chunks: Iterable[bytes | ChatError]) -> Iterator[bytes]:
    for chunk in chunks:
        if isinstance(chunk, ChatError):
            raise chunk
        yield chunk


def ask(
    server: Callable[[HttpRequest], HttpResponse],
    wire: str = "openai",
    *,
    time: FakeTime | None = None,
    policy: RetryPolicy | None = None,
    **options: Any,
) -> list[Event]:
    """All events of one answer; the last is Finished, and no other is."""
    time = time or FakeTime()
    endpoint = Endpoint("http://127.0.0.1:9", ("Authorization", "Bearer k"))
    session = Session(
        lookup.provider_for(service_named(wire), endpoint),
        server,
        policy or RetryPolicy(),
        clock=time.clock,
        now=lambda: NOW_S,
        random=lambda: 0.5,
    )
    events = list(session.ask(QUESTION, Options(**{"model": "m", **options}), time.sleep))
    assert [type(event) for event in events].index(Finished) == len(events) - 1
    return events


@each("wire", WIRES)
def test_the_request_that_will_be_sent_can_be_had_without_sending_it(wire: str) -> None:
    server = Server(errors.CannotConnect("nobody"))
    endpoint = Endpoint("http://127.0.0.1:9", ("Authorization", "Bearer k"))
    provider = lookup.provider_for(service_named(wire), endpoint)
    session = Session(provider, server, RetryPolicy(max_retries=0), lambda: 0.0, lambda: NOW_S, lambda: 0.5)
    options = Options("m", temperature=0.2)
    built = session.request(QUESTION, options)
    assert server.requests == []
    list(session.ask(QUESTION, options, lambda delay_s: None))
    assert server.requests == [built]


def _delta(content: str, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def reasoning(events: list[Event]) -> str:
    return "".join(event.text for event in events if type(event) is ReasoningDelta)


def fault(events: list[Event]) -> ChatError:
    error = end(events).error
    assert error is not None
    return error


def data(*documents: Any) -> bytes:
    return b"".join(b"data: " + (d if isinstance(d, bytes) else json.dumps(d).encode()) + b"\n\n" for d in documents)


def delta(content: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of Chat Completions."""
    return {"choices": [{"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}]}


DONE = b"[DONE]"
HELLO = data(delta("Hel"), delta("lo"), delta(finish="stop"), DONE)


def says(word: str, finish: str | None) -> dict[str, bytes]:
    """An answer of one word in each wire format, without its end when `finish` is None."""
    anthropic: list[Any] = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}},
    ]
    gemini: dict[str, Any] = {"candidates": [{"content": {"parts": [{"text": word}]}}]}
    openai = [delta(word)]
    responses: list[Any] = [{"type": "response.output_text.delta", "output_index": 0, "delta": word}]
    if finish:
        anthropic += [{"type": "message_delta", "delta": {"stop_reason": finish}}, {"type": "message_stop"}]
        gemini["candidates"][0]["finishReason"] = finish
        openai += [delta(finish=finish), DONE]  # type: ignore[list-item]
        ended = {"status": finish}
        if finish != "completed":
            ended = {"status": "incomplete", "incomplete_details": {"reason": finish}}  # type: ignore[dict-item]
        responses.append({"type": f"response.{ended['status']}", "response": ended})
    return {
        "openai": data(*openai),
        "responses": data(*responses),
        "anthropic": data(*anthropic),
        "gemini": data(gemini),
    }


def whole(wire: str, word: str, finish: str) -> Reply:
    return Reply(chunks=[says(word, finish)[wire]])


class TestVerdicts:
    @each(
        ("wire", "finish", "verdict"),
        cases("""
            openai | stop | complete
            openai | never heard of | complete
            openai | length | length
            openai | content_filter | filtered
            responses | completed | complete
            responses | never heard of | cut
            responses | max_output_tokens | length
            responses | content_filter | filtered
            anthropic | end_turn | complete
            anthropic | never heard of | complete
            anthropic | max_tokens | length
            anthropic | refusal | refused
            gemini | STOP | complete
            gemini | NEVER_HEARD_OF | complete
            gemini | MAX_TOKENS | length
            gemini | SAFETY | filtered
        """),
    )
    def test_the_finish_reason_decides(self, wire: str, finish: str, verdict: str) -> None:
        events = ask(Server(whole(wire, "Hello", finish)), wire)
        assert text(events) == "Hello"
        assert (end(events).verdict, end(events).finish_reason, end(events).error) == (verdict, finish, None)

    @each("wire", WIRES)
    def test_a_stream_that_just_ends_is_cut(self, wire: str) -> None:
        events = ask(Server(Reply(chunks=[says("Hel", None)[wire]])), wire)
        assert (text(events), end(events).verdict, fault(events).exit_code) == ("Hel", Verdict.CUT, 69)

    @each("wire", WIRES)
    @each("error", [errors.ConnectionLost("broke off"), errors.TimedOut("nothing came")])
    def test_a_connection_that_breaks_cuts_the_answer_and_its_text_is_kept(self, wire: str, error: ChatError) -> None:
        events = ask(Server(Reply(chunks=[says("Hel", None)[wire], error])), wire)
        assert (text(events), end(events).verdict, end(events).has_text) == ("Hel", Verdict.CUT, True)
        assert fault(events) is error

    def test_a_refusal_is_told_from_a_stop(self) -> None:
        chunks = [data(delta(refusal="I can't "), delta(refusal="help."), delta(finish="stop"), DONE)]
        events = ask(Server(Reply(chunks=chunks)))
        assert (text(events), end(events).verdict) == ("I can't help.", Verdict.REFUSED)

    def test_a_blocked_prompt_is_filtered(self) -> None:
        events = ask(Server(Reply(chunks=[data({"promptFeedback": {"blockReason": "SAFETY"}})])), "gemini")
        assert (end(events).verdict, end(events).error) == (Verdict.FILTERED, None)

    @each(
        ("wire", "body"),
        [
            ("openai", data({"error": {"message": "The engine fell over.", "type": "server_error"}})),
            ("anthropic", data({"type": "error", "error": {"type": "api_error", "message": "The engine fell over."}})),
            ("responses", data({"type": "error", "code": "server_error", "message": "The engine fell over."})),
            ("responses", data({"type": "error", "error": {"message": "The engine fell over."}})),
            (
                "responses",
                data({"type": "response.failed", "response": {"error": {"message": "The engine fell over."}}}),
            ),
            ("responses", data({"error": {"message": "The engine fell over."}})),
            ("gemini", data({"error": {"code": 500, "status": "INTERNAL", "message": "The engine fell over."}})),
            ("openai", b'error: {"message": "The engine fell over."}\n\n'),
            ("gemini", b'{\n  "error": {\n    "code": 500,\n    "message": "The engine fell over."\n  }\n}\n'),
        ],
    )
    def test_an_error_in_the_stream_fails_the_answer_and_its_text_is_kept(self, wire: str, body: bytes) -> None:
        events = ask(Server(Reply(chunks=[says("Hel", None)[wire], body])), wire)
        assert (text(events), end(events).verdict) == ("Hel", Verdict.FAILED)
        assert fault(events).said == "The engine fell over."

    def test_a_finish_reason_that_is_a_fault_fails_the_answer(self) -> None:
        events = ask(Server(whole("openai", "Hel", "error")))
        assert (text(events), end(events).verdict) == ("Hel", Verdict.FAILED)

    @each("wire", WIRES)
    def test_an_answer_that_ends_properly_without_text_is_empty(self, wire: str) -> None:
        events = ask(Server(whole(wire, "", FINISHES[wire])), wire)
        assert (end(events).verdict, end(events).has_text, end(events).error) == (Verdict.EMPTY, False, None)

    def test_reasoning_alone_is_an_empty_answer(self) -> None:
        events = ask(Server(Reply(chunks=[data(delta("<think>Hm.</think>"), delta(finish="length"), DONE)])))
        assert (reasoning(events), end(events).verdict, end(events).finish_reason) == ("Hm.", Verdict.EMPTY, "length")

    @each("wire", WIRES)
    def test_a_body_of_nothing_is_an_empty_answer(self, wire: str) -> None:
        events = ask(Server(Reply(chunks=[])), wire)
        assert (end(events).verdict, end(events).attempts) == (Verdict.EMPTY, 1)
        assert "empty answer" in str(fault(events))

    def test_the_end_marker_is_the_end_where_no_finish_reason_came(self) -> None:
        assert end(ask(Server(Reply(chunks=[data(delta("Hi"), DONE)])))).verdict is Verdict.COMPLETE

    def test_a_finish_reason_is_the_end_where_no_end_marker_came(self) -> None:
        events = ask(Server(Reply(chunks=[data(delta("Hi"), delta(finish="stop"))])))
        assert end(events).verdict is Verdict.COMPLETE

    def test_what_is_to_go_back_is_marked_as_whose_it_is_and_only_with_a_complete_answer(self) -> None:
        output = [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"},
            {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        ]
        response = {"object": "response", "output": output}
        [said] = {end(ask(Server(Reply(headers=JSON, chunks=[json.dumps(response).encode()])), "responses")).items}
        assert said is not None
        assert (said.wire, said.service, said.model, json.loads(said.json)) == ("responses", "OpenAI", "m", output)
        cut = data({"type": "response.incomplete", "response": {**response, "incomplete_details": {"reason": "x"}}})
        assert end(ask(Server(Reply(chunks=[cut])), "responses")).items is None

    def test_the_words_of_a_whole_answer_that_failed_are_kept(self) -> None:
        message = {"type": "message", "content": [{"type": "output_text", "text": "Half"}]}
        failed = {"object": "response", "status": "failed", "output": [message], "error": {"message": "gone"}}
        events = ask(Server(Reply(headers=JSON, chunks=[json.dumps(failed).encode()])), "responses", stream=False)
        assert (text(events), end(events).verdict, fault(events).said) == ("Half", Verdict.FAILED, "gone")

    def test_messages_are_whole_only_with_their_end_marker(self) -> None:
        stream = says("Hi", "end_turn")["anthropic"].replace(b'data: {"type": "message_stop"}\n\n', b"")
        assert end(ask(Server(Reply(chunks=[stream])), "anthropic")).verdict is Verdict.CUT

    @pytest.mark.parametrize("error", [errors.ConnectionLost("broke off"), errors.TimedOut("nothing came")])
    def test_what_breaks_after_the_finish_reason_breaks_nothing(self, error: ChatError) -> None:
        events = ask(Server(Reply(chunks=[data(delta("Hi"), delta(finish="stop")), error])))
        assert (text(events), end(events).verdict, end(events).error) == ("Hi", Verdict.COMPLETE, None)

    def test_an_error_after_the_finish_reason_is_an_error(self) -> None:
        events = ask(Server(Reply(chunks=[data(delta("Hi", "stop"), {"error": {"message": "no"}})])))
        assert end(events).verdict is Verdict.FAILED

    def test_a_cancelled_wait_ends_the_answer(self) -> None:
        class Stopped(FakeTime):
            def sleep(self, delay_s: float) -> None:
                raise errors.Cancelled("stopped")

        with pytest.raises(errors.Cancelled):
            ask(Server(errors.ConnectionLost("x"), whole("openai", "Hi", "stop")), time=Stopped())


class TestNotAStream:
    @each("error", [{"error": {"message": "No such thing."}}, {"error": "No such thing."}])
    @each("wire", WIRES)
    def test_an_error_with_status_200_is_an_error(self, wire: str, error: Any) -> None:
        events = ask(Server(Reply(headers=JSON, chunks=[json.dumps(error).encode()])), wire)
        assert (end(events).verdict, fault(events).said) == (Verdict.FAILED, "No such thing.")

    @each("page", [b"<!DOCTYPE html><h1>Sign in</h1>", b"\r\n  <html>", b"\xef\xbb\xbf<html>"])
    def test_a_web_page_is_no_answer(self, page: bytes) -> None:
        events = ask(Server(Reply(headers={"content-type": "text/html"}, chunks=[page])))
        assert (end(events).verdict, fault(events).exit_code) == (Verdict.FAILED, 74)
        assert "web page" in str(fault(events))

    def test_plain_text_is_no_answer_and_is_quoted(self) -> None:
        events = ask(Server(Reply(headers={"content-type": "text/plain"}, chunks=[b"upstream\nconnect", b" error"])))
        assert (end(events).verdict, fault(events).said) == (Verdict.FAILED, "upstream connect")
        assert isinstance(fault(events), errors.MalformedAnswer)

    def test_a_stream_of_comments_broke_off_and_is_asked_for_again(self) -> None:
        server = Server(Reply(chunks=[b": keep-alive\n\n"]), Reply(chunks=[HELLO]))
        events = ask(server)
        assert [type(event) for event in events] == [Retrying, TextDelta, TextDelta, Finished]

    def test_json_that_is_no_answer_is_said_to_be_none(self) -> None:
        for body in (b"{}", b"[]"):
            events = ask(Server(Reply(headers=JSON, chunks=[body])))
            assert isinstance(fault(events), errors.MalformedAnswer)

    @each("wire", WIRES)
    @each(
        "error",
        [
            {"object": "error", "message": "no such adapter", "code": 400},
            {"detail": "no such adapter"},
            {"code": 400, "message": "no such adapter"},
            {"type": "error", "message": "no such adapter"},
            {"error": "no such adapter"},
        ],
    )
    @each("framed", [False, True])
    def test_an_error_of_any_shape_in_a_200_is_told_in_the_servers_words(
        self, wire: str, error: dict[str, Any], framed: bool
    ) -> None:
        body = json.dumps(error).encode()
        reply = Reply(chunks=[b"data: " + body + b"\n\n"]) if framed else Reply(headers=JSON, chunks=[body])
        found = fault(ask(Server(reply), wire, policy=RetryPolicy(max_retries=0)))
        assert not isinstance(found, errors.MalformedAnswer)
        assert found.said == "no such adapter"

    def test_json_that_never_ends_is_given_up(self) -> None:
        piece = b"[" + b"1," * 500_000
        events = ask(Server(Reply(headers=JSON, chunks=[piece] * 20)))
        assert isinstance(fault(events), errors.MalformedAnswer)
        assert "16 MB" in str(fault(events))

    @each("wire", WIRES)
    def test_a_foreign_end_marker_is_an_end(self, wire: str) -> None:
        stream: dict[str, list[Any]] = {
            "openai": [{"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}],
            "anthropic": [
                {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            ],
            "responses": [
                {"type": "response.output_text.delta", "delta": "Hi"},
                {"type": "response.completed", "response": {}},
            ],
            "gemini": [{"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}],
        }
        chunks = [b"data: " + json.dumps(document).encode() + b"\n\n" for document in stream[wire]]
        events = ask(Server(Reply(chunks=[*chunks, b"data: [DONE]\n\n"])), wire)
        assert (text(events), end(events).verdict) == ("Hi", Verdict.COMPLETE)

    @each("blank", [" ", "\n\n", "\t \n", "\u3000"])
    def test_an_answer_of_white_space_is_empty(self, blank: str) -> None:
        chunks = [_delta(blank), _delta(blank), _delta("", "stop"), b"data: [DONE]\n\n"]
        events = ask(Server(Reply(chunks=chunks)))
        assert end(events).verdict is Verdict.EMPTY
        assert text(events) == blank * 2
        events = ask(Server(Reply(chunks=[_delta(blank), _delta("x"), *chunks[2:]])))
        assert end(events).verdict is Verdict.COMPLETE

    def test_ids_and_reasons_are_no_longer_than_real_ones(self) -> None:
        chunks = [_delta("Hi"), _delta("", "r" * 60_000), b"data: [DONE]\n\n"]
        last = end(ask(Server(Reply(headers={**SSE, "x-request-id": "i" * 60_000}, chunks=chunks))))
        assert (len(last.request_id or ""), len(last.finish_reason or "")) == (128, 200)

    @each("body", [b'{"choices": [', b"{'a'}", b"[" * 100_000])
    def test_broken_json_is_a_malformed_answer(self, body: bytes) -> None:
        events = ask(Server(Reply(headers=JSON, chunks=[body])))
        assert isinstance(fault(events), errors.MalformedAnswer)
        assert end(events).verdict is Verdict.FAILED

    @each(
        ("wire", "document"),
        [
            (
                "openai",
                {
                    "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 3},
                },
            ),
            (
                "anthropic",
                {
                    "type": "message",
                    "content": [{"type": "text", "text": "Hello"}],
                    "stop_reason": "end_turn",
                    "usage": {"input_tokens": 3},
                },
            ),
            (
                "responses",
                {
                    "object": "response",
                    "status": "completed",
                    "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}],
                    "usage": {"input_tokens": 3},
                },
            ),
            (
                "gemini",
                {
                    "candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "STOP"}],
                    "usageMetadata": {"promptTokenCount": 3},
                },
            ),
        ],
    )
    @each("stream", [True, False])
    @each("before", [b"", b"\n\n\n", b"\xef\xbb\xbf"])
    def test_a_whole_answer_is_read_whether_or_not_a_stream_was_wanted(
        self, wire: str, document: Any, stream: bool, before: bytes
    ) -> None:
        body = before + json.dumps(document).encode()
        for chunks in ([body], [body[at : at + 1] for at in range(len(body))]):
            events = ask(Server(Reply(headers=JSON, chunks=chunks)), wire, stream=stream)
            assert (text(events), end(events).verdict) == ("Hello", Verdict.COMPLETE)
            assert end(events).usage == Usage(3)

    def test_a_stream_is_read_though_none_was_wanted(self) -> None:
        events = ask(Server(Reply(chunks=[HELLO])), stream=False)
        assert (text(events), end(events).verdict) == ("Hello", Verdict.COMPLETE)

    def test_blanks_without_end_are_not_kept(self) -> None:
        read = 0

        def blanks() -> Iterator[bytes]:
            nonlocal read
            for _ in range(1_000):
                read += 1
                yield b"\n" * 1_000
            yield HELLO

        assert text(ask(Server(Reply(chunks=blanks())))) == "Hello"
        assert read == 1_000


class TestRetry:
    def test_a_429_waits_as_long_as_the_server_asked_then_answers(self, time_: FakeTime) -> None:
        server = Server(Reply(429, {"retry-after": "7"}), whole("openai", "Hi", "stop"))
        events = ask(server, time=time_)
        assert [type(event) for event in events] == [Retrying, TextDelta, Finished]
        assert time_.slept == [7.5]  # and half a second of jitter
        assert (end(events).attempts, end(events).verdict) == (2, Verdict.COMPLETE)
        assert server.bodies[0] == server.bodies[1]

    def test_a_date_is_counted_from_now(self, time_: FakeTime) -> None:
        server = Server(Reply(429, {"retry-after": "Fri, 29 Sep 2023 16:26:57 GMT"}), whole("openai", "Hi", "stop"))
        ask(server, time=time_)
        assert time_.slept == [20.5]

    def test_geminis_own_way_of_asking_is_obeyed(self, time_: FakeTime) -> None:
        info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}
        body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down.", "details": [info]}}
        server = Server(Reply(429, JSON, [json.dumps(body).encode()]), whole("gemini", "Hi", "STOP"))
        ask(server, "gemini", time=time_)
        assert time_.slept == [37.5]

    @pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
    def test_these_are_tried_again(self, status: int, time_: FakeTime) -> None:
        events = ask(Server(Reply(status), Reply(status), whole("openai", "Hi", "stop")), time=time_)
        assert [type(event) for event in events] == [Retrying, Retrying, TextDelta, Finished]
        assert [event.attempt for event in events if isinstance(event, Retrying)] == [1, 2]
        assert time_.slept == [0.375, 0.75]

    @each("status", [400, 401, 402, 403, 404, 413, 422])
    def test_these_are_not(self, status: int) -> None:
        server = Server(Reply(status, JSON, [b'{"error": {"message": "No."}}']), Reply(404))
        events = ask(server)
        assert [type(event) for event in events] == [Finished]
        assert (end(events).verdict, fault(events).status) == (Verdict.FAILED, status)
        assert len(server.bodies) == 1

    @each("error", [errors.ConnectionLost("x"), errors.TimedOut("x"), errors.CannotResolve("x")])
    def test_a_connection_that_fails_is_tried_again(self, error: ChatError) -> None:
        assert text(ask(Server(error, whole("openai", "Hi", "stop")))) == "Hi"

    def test_a_connection_that_breaks_before_the_first_token_is_tried_again(self) -> None:
        start = b": wait\n\n" + data(delta(""))
        server = Server(Reply(chunks=[start, errors.ConnectionLost("x")]), whole("openai", "Hi", "stop"))
        assert [type(event) for event in ask(server)] == [Retrying, TextDelta, Finished]

    def test_an_overloaded_provider_that_says_so_in_its_stream_is_tried_again(self) -> None:
        busy = data({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
        server = Server(Reply(chunks=[busy]), whole("anthropic", "Hi", "end_turn"))
        assert [type(event) for event in ask(server, "anthropic")] == [Retrying, TextDelta, Finished]

    @each("code", ["rate_limit_exceeded", "server_error"])
    @each("wrapped", ["nested", "flat", "failed"])
    def test_responses_tells_it_in_one_of_three_ways(self, code: str, wrapped: str) -> None:
        error = {"code": code, "message": "Not now."}
        event = {
            "nested": {"type": "error", "error": error},
            "flat": {"type": "error", **error, "param": None},
            "failed": {"type": "response.failed", "response": {"status": "failed", "error": error}},
        }[wrapped]
        begun: Any = {"type": "response.created", "response": {"status": "in_progress"}}
        server = Server(Reply(chunks=[data(begun, event)]), whole("responses", "Hi", "completed"))
        assert [type(each) for each in ask(server, "responses")] == [Retrying, TextDelta, Finished]

    @each("shown", [delta("H"), delta(None, reasoning_content="Hm"), delta("<think>H")])
    def test_nothing_is_tried_again_once_something_was_shown(self, shown: Any) -> None:
        server = Server(Reply(chunks=[data(shown), errors.ConnectionLost("x")]), whole("openai", "Hi", "stop"))
        events = ask(server)
        assert (end(events).verdict, end(events).attempts, len(server.requests)) == (Verdict.CUT, 1, 1)

    def test_the_servers_own_word_counts_more_than_the_status(self) -> None:
        assert end(ask(Server(Reply(500, {"x-should-retry": "false"})))).attempts == 1
        server = Server(Reply(400, {"x-should-retry": "true"}), whole("openai", "Hi", "stop"))
        assert end(ask(server)).attempts == 2

    @pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached", "credit_balance_exhausted"])
    def test_a_quota_that_is_used_up_is_not_waited_for(self, code: str, time_: FakeTime) -> None:
        body = json.dumps({"error": {"code": code, "message": "You exceeded your quota."}}).encode()
        events = ask(Server(Reply(429, {**JSON, "retry-after": "1"}, [body])), time=time_)
        assert isinstance(fault(events), errors.QuotaExhausted)
        assert (end(events).attempts, time_.slept) == (1, [])

    def test_a_request_too_large_for_the_limit_is_not_waited_for(self) -> None:
        body = b'{"error": {"message": "Request too large for gpt-x on tokens per min: Limit 1000, Requested 2000."}}'
        assert end(ask(Server(Reply(429, JSON, [body])))).attempts == 1

    def test_a_wait_beyond_the_deadline_fails_at_once(self, time_: FakeTime) -> None:
        events = ask(Server(Reply(429, {"retry-after": "300"})), time=time_)
        assert (fault(events).retry_after_s, fault(events).exit_code, time_.slept) == (300.0, 75, [])

    def test_retries_end_with_the_deadline(self, time_: FakeTime) -> None:
        events = ask(Server(*[Reply(500)] * 100), time=time_)
        assert 50 < sum(time_.slept) <= 60
        assert end(events).attempts == len(time_.slept) + 1

    def test_the_time_that_requests_take_counts(self, time_: FakeTime) -> None:
        def slow(request: HttpRequest) -> HttpResponse:
            time_.now_s += 40.0
            raise errors.TimedOut("nothing came")

        assert end(ask(slow, time=time_)).attempts == 2

    @pytest.mark.parametrize("max_retries", [0, 2])
    def test_retries_end_with_their_number(self, max_retries: int) -> None:
        events = ask(Server(*[Reply(500)] * 9), policy=RetryPolicy(max_retries=max_retries))
        assert end(events).attempts == max_retries + 1

    def test_only_the_last_attempt_is_in_the_result(self) -> None:
        first = Reply(500, {"x-request-id": "one"})
        last = Reply(200, {**SSE, "x-request-id": "two"}, [HELLO])
        assert end(ask(Server(first, last))).request_id == "two"

    def test_every_response_is_closed(self) -> None:
        server = Server(Reply(500), Reply(429), Reply(chunks=[HELLO]))
        ask(server)
        assert server.closed == 3


def refusal(message: str, parameter: str | None = None) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": parameter, "code": "unsupported_parameter"}
    return Reply(400, JSON, [json.dumps({"error": error}).encode()])


class TestRepair:
    def test_a_schema_that_was_sent_in_words_from_the_first_costs_no_further_question(self) -> None:
        no = refusal("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
        server = Server(no, Reply(chunks=[HELLO]))
        session = Session(
            lookup.provider_for(services.find("deepseek"), Endpoint("http://127.0.0.1:9")), server, RetryPolicy(),
            FakeTime().clock, lambda: NOW_S, lambda: 0.5,
        )  # fmt: skip
        options = Options("m", temperature=0.5, schema={"type": "object", "properties": {"a": {"type": "string"}}})
        notices = [event for event in session.ask(QUESTION, options, lambda delay_s: None) if type(event) is Notice]
        assert ["temperature" in body for body in server.bodies] == [True, False]
        assert "schema in the system prompt" not in notices[-1].text

    def test_a_parameter_that_is_not_taken_is_left_out_once_and_said(self) -> None:
        no = refusal("Unsupported parameter: 'temperature' is not supported with this model.", "temperature")
        server = Server(no, Reply(chunks=[HELLO]))
        events = ask(server, temperature=0.5)
        assert [type(event) for event in events] == [Notice, TextDelta, TextDelta, Finished]
        assert "temperature" in str(events[0])
        assert ["temperature" in body for body in server.bodies] == [True, False]
        assert end(events).attempts == 2

    def test_a_parameter_with_another_name_gets_it(self) -> None:
        no = refusal("Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.")
        server = Server(no, Reply(chunks=[HELLO]))
        ask(server, max_tokens=9)
        assert (server.bodies[1]["max_tokens"], "max_completion_tokens" in server.bodies[1]) == (9, False)

    def test_several_parameters_are_left_out_one_after_the_other(self) -> None:
        server = Server(
            refusal("Unsupported parameter: 'temperature'", "temperature"),
            refusal("Unsupported parameter: 'top_p'", "top_p"),
            Reply(chunks=[HELLO]),
        )
        assert text(ask(server, temperature=1.0, top_p=0.9)) == "Hello"

    def test_the_same_parameter_is_not_tried_twice(self) -> None:
        no = refusal(
            "Unsupported parameter: 'max_tokens'. max_completion_tokens is not supported either.", "max_tokens"
        )
        server = Server(*[no] * 9)
        events = ask(server, max_tokens=9)
        assert end(events).verdict is Verdict.FAILED
        assert len(server.requests) <= 3

    def test_any_other_refusal_is_final(self) -> None:
        events = ask(Server(refusal("Your question is not nice.")), temperature=0.5)
        assert (end(events).attempts, fault(events).said) == (1, "Your question is not nice.")

    def test_a_repair_needs_no_patience(self, time_: FakeTime) -> None:
        no = refusal("Unsupported parameter: 'temperature'", "temperature")
        server = Server(no, Reply(500), Reply(chunks=[HELLO]))
        events = ask(server, time=time_, temperature=0.5, policy=RetryPolicy(max_retries=1))
        assert (text(events), len(time_.slept)) == ("Hello", 1)


MODELS = Reply(200, JSON, [json.dumps({"data": [{"id": "gpt-big"}, {"id": "gpt-small"}, {"id": "whisper"}]}).encode()])
UNKNOWN = Reply(
    404, JSON, [b'{"error": {"code": "model_not_found", "message": "The model `gpt-smal` does not exist"}}']
)


class TestModels:
    def test_an_unknown_model_gets_the_nearest_names_of_the_servers_list(self) -> None:
        server = Server(UNKNOWN, MODELS)
        events = ask(server, model="gpt-smal")
        assert isinstance(fault(events), errors.UnknownModel)
        assert fault(events).advice == "The server has: gpt-small, gpt-big and others."
        assert [request.method for request in server.requests] == ["POST", "GET"]

    def test_a_name_like_none_gets_the_first_of_the_list(self) -> None:
        assert fault(ask(Server(UNKNOWN, MODELS), model="zzz")).advice == "The server has: gpt-big, gpt-small, whisper."

    @each("listing", [Reply(500), errors.ConnectionLost("x"), Reply(200, JSON, [b"<html>"])])
    def test_a_list_that_cannot_be_had_hides_nothing(self, listing: Reply | ChatError) -> None:
        error = fault(ask(Server(UNKNOWN, listing), model="gpt-smal"))
        assert "does not exist" in error.said
        assert error.advice == errors.UnknownModel.advice

    def test_a_model_that_is_on_the_list_is_not_advised_again(self) -> None:
        assert fault(ask(Server(UNKNOWN, MODELS), model="gpt-small")).advice == errors.UnknownModel.advice

    def test_without_a_name_the_first_model_of_the_list_answers(self) -> None:
        server = Server(MODELS, Reply(chunks=[HELLO]))
        assert text(ask(server, model="")) == "Hello"
        assert server.bodies == [{**server.bodies[0], "model": "gpt-big"}]

    def test_the_list_is_asked_for_again_when_it_fails(self, time_: FakeTime) -> None:
        server = Server(Reply(503), MODELS, Reply(500), Reply(chunks=[HELLO]))
        events = ask(server, model="", time=time_)
        assert [type(event) for event in events] == [Retrying, Retrying, TextDelta, TextDelta, Finished]

    def test_a_server_without_a_model_is_told_so(self) -> None:
        events = ask(Server(Reply(200, JSON, [b'{"data": null}']), Reply(200, JSON, [b'{"data": []}'])), model="")
        assert "the server has no model" in str(fault(events))


class TestText:
    def test_reasoning_in_tags_is_told_apart(self) -> None:
        chunks = [data(delta("<thi"), delta("nk>Hm.</th"), delta("ink>\n\nHi <think>"), delta(finish="stop"), DONE)]
        events = ask(Server(Reply(chunks=chunks)))
        assert (reasoning(events), text(events)) == ("Hm.", "Hi <think>")

    @pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
    def test_reasoning_in_fields_is_told_apart(self, field: str) -> None:
        chunks = [data(delta(**{field: "Hm."}), delta("Hi"), delta(finish="stop"), DONE)]
        events = ask(Server(Reply(chunks=chunks)))
        assert (reasoning(events), text(events)) == ("Hm.", "Hi")

    def test_an_emoji_in_two_halves_is_joined(self) -> None:
        chunks = [data(delta("Hi \ud83d"), delta("\ude00!"), delta(finish="stop"), DONE)]
        assert text(ask(Server(Reply(chunks=chunks)))) == "Hi 😀!"

    def test_what_is_held_back_is_given_when_the_answer_breaks_off(self) -> None:
        for held in ("<thi", "Hi \ud83d"):
            events = ask(Server(Reply(chunks=[data(delta(held)), errors.ConnectionLost("x")])))
            assert text(events) == held.replace("\ud83d", "\ufffd")
            assert end(events).verdict is Verdict.CUT

    def test_the_last_report_of_usage_wins_number_by_number(self) -> None:
        reports = [
            {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
            {"type": "message_stop"},
        ]
        usage = end(ask(Server(Reply(chunks=[data(*reports)])), "anthropic")).usage
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens) == (5, 9)

    def test_usage_is_known_also_when_the_answer_breaks_off(self) -> None:
        chunks = [data({**delta("Hi"), "usage": {"prompt_tokens": 3, "completion_tokens": 1}})]
        usage = end(ask(Server(Reply(chunks=chunks)))).usage
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens) == (3, 1)


class TestReading:
    def test_a_delta_is_given_before_the_next_one_is_read(self) -> None:
        order: list[str] = []

        def chunks() -> Iterator[bytes]:
            for word in ("one", "two"):
                order.append(f"sent {word}")
                yield data(delta(word))
            yield data(delta(finish="stop"), DONE)

        server = Server(Reply(chunks=chunks()))
        provider = lookup.provider_for(services.find("openai"), Endpoint("http://127.0.0.1:9"))
        session = Session(provider, server, RetryPolicy(), clock=lambda: 0.0, now=lambda: NOW_S, random=lambda: 0.0)
        for event in session.ask(QUESTION, Options("m"), lambda _: None):
            order.append(f"got {event.text if isinstance(event, TextDelta) else 'the end'}")
        assert order == ["sent one", "got one", "sent two", "got two", "got the end"]

    def test_after_the_end_marker_nothing_is_waited_for(self) -> None:
        """The end is given first; only then the rest of the body is read, so that the connection can be used again."""
        order: list[str] = []

        def chunks() -> Iterator[bytes]:
            yield HELLO
            order.append("the rest is read")
            yield b"\n"

        server = Server(Reply(chunks=chunks()))
        provider = lookup.provider_for(services.find("openai"), Endpoint("http://127.0.0.1:9"))
        session = Session(provider, server, RetryPolicy(), clock=lambda: 0.0, now=lambda: NOW_S, random=lambda: 0.0)
        for event in session.ask(QUESTION, Options("m"), lambda _: None):
            if isinstance(event, Finished):
                order.append("the end is given")
        assert order == ["the end is given", "the rest is read"]
        assert list(server.unread[0]) == []
        assert server.closed == 1

    def test_a_server_that_never_stops_after_its_end_marker_is_left(self) -> None:
        read = 0

        def chunks() -> Iterator[bytes]:
            nonlocal read
            yield HELLO
            while True:
                read += 1
                yield b"x" * 1_024

        assert end(ask(Server(Reply(chunks=chunks())))).verdict is Verdict.COMPLETE
        assert read <= 65

    def test_trouble_after_the_end_marker_is_no_trouble(self) -> None:
        events = ask(Server(Reply(chunks=[HELLO, errors.TimedOut("x")])))
        assert (end(events).verdict, end(events).error) == (Verdict.COMPLETE, None)

    def test_the_body_of_an_error_is_read_only_so_far(self) -> None:
        body = Endless(1_024)
        assert fault(ask(Server(Reply(401, {}, body)))).status == 401
        assert body.read <= 65

    def test_an_error_whose_body_breaks_off_is_told_by_its_status(self) -> None:
        events = ask(Server(Reply(401, {}, [errors.ConnectionLost("x")])))
        assert isinstance(fault(events), errors.KeyRejected)

    @each("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_an_error_that_names_the_other_place(self, status: int) -> None:
        server = Server(Reply(status, {"location": "https://elsewhere.example/v1?key=secret"}))
        error = fault(ask(server))
        assert isinstance(error, errors.Redirected)
        assert "https://elsewhere.example/v1" in str(error)
        assert "secret" not in str(error)
        assert len(server.requests) == 1


FRAGMENTS: dict[str, list[bytes]] = {
    wire: [
        says("Hi", None)[wire],
        says(" there", FINISHES[wire])[wire],
        data(DONE),
        data({"error": {"message": "no", "type": "overloaded_error"}}),
        data({"type": "error", "error": None}),
        data({"choices": [None, {"delta": 3}], "usage": 4, "candidates": {}, "type": ["x"]}),
        data({"choices": [{"delta": {"content": [1, {"type": "text", "text": 2}], "tool_calls": [{}]}}]}),
        data({"type": "content_block_delta", "delta": None}, {"type": "message_delta", "delta": 5, "usage": []}),
        data({"candidates": [{"content": {"parts": [3, {"text": None}]}, "finishReason": 7}], "usageMetadata": 1}),
        data(b"nonsense", b"null", b"3", b'"x"', b"[1]", b"[[]]"),
        data(b"[" * 3_000),
        b": comment\n\n",
        b"event: error\ndata: {}\n\n",
        b"event: ping\n\n",
        b"error: {}\n",
        b'{"error": {"message": "bare"}}\n',
        b"{\n",
        b"}\n\n",
        b"<html>",
        b"\xff\xfe\0",
        b"\xef\xbb\xbf",
        b"\n",
        b"data: {",
        b"<think>",
    ]
    for wire in WIRES
}


@given(st.data())
def test_any_answer_ends_in_exactly_one_finished_the_same_however_it_is_cut(draws: st.DataObject) -> None:
    wire = draws.draw(st.sampled_from(WIRES))
    body = b"".join(draws.draw(st.lists(st.sampled_from(FRAGMENTS[wire]), max_size=8)))
    cuts = [0, *sorted(draws.draw(st.lists(st.integers(0, len(body)), max_size=8))), len(body)]
    status = draws.draw(st.sampled_from([200, 200, 200, 400, 429, 500]))
    broken: list[ChatError] = [errors.ConnectionLost("x")] if draws.draw(st.booleans()) else []

    def run(chunks: list[bytes]) -> list[Event]:
        reply = Reply(status, SSE, [*chunks, *broken])
        return ask(Server(reply, reply, MODELS, MODELS), wire, policy=RetryPolicy(max_retries=1))

    pieces = [body[start:stop] for start, stop in pairwise(cuts)]
    as_cut, as_whole = run(pieces), run([body])
    assert text(as_cut) == text(as_whole)
    assert reasoning(as_cut) == reasoning(as_whole)
    assert end(as_cut)._replace(error=None) == end(as_whole)._replace(error=None)
    assert str(end(as_cut).error) == str(end(as_whole).error)


NAMES = "error message choices delta content type code candidates parts text usage status detail".split()
DOCUMENTS = any_json(NAMES, most_items=2)


@given(st.sampled_from(WIRES), DOCUMENTS, st.sampled_from([200, 400, 429, 500]), st.booleans())
def test_any_json_document_is_an_answer_or_an_error(wire: str, document: Any, status: int, in_stream: bool) -> None:
    body = data(document) if in_stream else json.dumps(document).encode()
    events = ask(Server(Reply(status, JSON, [body]), MODELS, MODELS), wire, policy=RetryPolicy(max_retries=0))
    assert end(events).verdict in Verdict


@pytest.mark.parametrize("status", [400, 413])
def test_files_of_earlier_questions_that_are_refused_do_not_break_the_next(status: int) -> None:
    cat = Image("image/png", b"\x89PNG", 4, 3, "cat.png")
    talk = Conversation().asking("what?", (cat,)).answered("A cat.").asking("why?")
    server = Server(
        Reply(status, JSON, [b'{"error": {"message": "image input is not supported"}}']), Reply(chunks=[HELLO])
    )
    endpoint = Endpoint("http://127.0.0.1:9")
    provider = lookup.provider_for(service_named("openai"), endpoint)
    session = Session(provider, server, RetryPolicy(), lambda: 0.0, lambda: NOW_S, lambda: 0.5)
    events = list(session.ask(talk, Options("m"), lambda delay_s: None))
    assert end(events).verdict is Verdict.COMPLETE
    assert "asked again without them" in "".join(event.text for event in events if type(event) is Notice)
    assert server.bodies[1]["messages"][0]["content"] == "what?\n\n[cat.png was attached here]"


def test_a_file_of_the_question_itself_is_refused_once() -> None:
    cat = Image("image/png", b"\x89PNG", 4, 3, "cat.png")
    server = Server(Reply(400, JSON, [b'{"error": {"message": "image input is not supported"}}']))
    provider = lookup.provider_for(service_named("openai"), Endpoint("http://127.0.0.1:9"))
    session = Session(provider, server, RetryPolicy(), lambda: 0.0, lambda: NOW_S, lambda: 0.5)
    events = list(session.ask(Conversation().asking("what?", (cat,)), Options("m"), lambda delay_s: None))
    assert isinstance(fault(events), errors.RequestRefused) and len(server.requests) == 1
