"""Responses: what is sent, what goes back, and each piece of an answer once, however it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.errors import ProviderError, UsageError
from chatbot.core.events import EndMarker, FinishReason, OutputItems, ReasoningDelta, TextDelta, Verdict
from chatbot.core.messages import Conversation, ProviderItems
from chatbot.core.options import Options
from chatbot.core.sse.decoder import SseEvent
from chatbot.providers import services
from chatbot.providers.service import Api
from tests.flat import picks
from tests.providers.asking import QUESTION, TALK, URL, payload, provider, request
from tests.tables import cases, each

RESPONSES = provider("responses")
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"}
MESSAGE = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Two."}]}
CALL = {"type": "function_call", "name": "f", "call_id": "c", "arguments": "{}"}


def test_a_conversation_is_input_items_and_nothing_is_stored() -> None:
    assert payload("responses", TALK) == {
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {"type": "message", "role": "user", "content": "One?"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Two."}]},
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBORw==", "detail": "auto"},
                    {"type": "input_text", "text": "What is this?"},
                ],
            },
        ],
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "stream": True,
    }


def test_every_choice_has_its_field() -> None:
    body = payload(
        "responses",
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        reasoning_effort="low",
        show_reasoning=True,
        stream=False,
        extra={"text": {"verbosity": "low"}, "store": True},
    )
    assert {name: body[name] for name in body if name not in ("input", "model")} == {
        "store": True,
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"verbosity": "low"},
    }
    assert request("responses").url == f"{URL}/responses"


def test_a_model_that_is_known_not_to_reason_is_asked_for_none() -> None:
    body = payload("responses", model="gpt-4o", reasoning_effort="low", show_reasoning=True)
    assert not {"reasoning", "include"} & set(body) and body["store"] is False


@each("name", ["openai", "azure", "xai", "openrouter", "deepseek", "ollama", "custom", "lab"])
def test_a_service_that_speaks_both_is_asked_as_it_was_wanted(name: str) -> None:
    service = services.find(name)
    assert [service.spoken_to(api).wire for api in (None, "chat", "responses")] == ["openai", "openai", "responses"]
    assert services.find("lab-responses").spoken_to(None).wire == "responses"


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_one_that_speaks_neither_says_so(api: Api) -> None:
    with pytest.raises(UsageError, match=f"Anthropic is not known to speak --api {api}"):
        services.find("anthropic").spoken_to(api)
    with pytest.raises(UsageError, match="Perplexity is not known to speak --api responses"):
        services.find("perplexity").spoken_to("responses")


def answered(*output: dict[str, Any]) -> ProviderItems | None:
    """What is to be handed back of an answer of model `m`."""
    events = list(RESPONSES.read_answer({"object": "response", "status": "completed", "output": list(output)}))
    items = [event.json for event in events if isinstance(event, OutputItems)]
    return RESPONSES.own_items(items[0] if items else None, "m")


def talk(items: ProviderItems | None) -> Conversation:
    return Conversation().asking("One?").answered("Two.", items).asking("Three?")


def test_encrypted_reasoning_goes_back_unchanged_and_in_its_place() -> None:
    sent = payload("responses", talk(answered(REASONING, MESSAGE)))["input"]
    assert sent[1:3] == [REASONING, MESSAGE]
    assert [sent[0]["content"], sent[3]["content"]] == ["One?", "Three?"]


@each("output", [[REASONING, CALL], [REASONING, MESSAGE, CALL], [REASONING, CALL, MESSAGE]])
def test_calls_go_back_behind_the_reasoning_that_made_them(output: list[dict[str, Any]]) -> None:
    assert payload("responses", talk(answered(*output)))["input"][1:-1] == output


@each(("service", "model"), [("openai", "m"), ("anthropic", "m"), ("gemini", "m"), ("xai", "m"), ("responses", "n")])
def test_nobody_else_is_sent_it(service: str, model: str) -> None:
    """Not another wire format of the same service, another service, another model."""
    asked = provider(service)
    if service == "xai":
        asked = type(RESPONSES)(services.find("xai").spoken_to("responses"), asked.endpoint)
    sent = json.dumps(asked.payload(talk(answered(REASONING, MESSAGE)), Options(model)))
    assert "gAA" not in sent and "Two." in sent


@each("text", ["", "[", "{}", "[1]", "null", "[" * 100_000])
def test_items_that_are_none_are_not_sent(text: str) -> None:
    """A conversation may have been imported from anywhere."""
    sent = payload("responses", talk(ProviderItems("responses", "OpenAI", "m", text)))["input"]
    assert [item["role"] for item in sent] == ["user", "assistant", "user"]


@each(
    "output",
    [
        [MESSAGE],
        [{**REASONING, "encrypted_content": None}, MESSAGE],
        [{"type": "reasoning", "id": "rs_1", "summary": []}, MESSAGE],
        [REASONING],
        [REASONING, MESSAGE, {**CALL, "type": "custom_tool_call"}],
        [REASONING, {**CALL, "call_id": None}],
        [],
    ],
)
def test_what_the_provider_could_not_take_back_is_not_handed_back(output: list[dict[str, Any]]) -> None:
    assert answered(*output) is None


@each("status", ["incomplete", "failed", "cancelled", "in_progress"])
def test_nor_is_what_is_not_complete(status: str) -> None:
    document = {"object": "response", "status": status, "output": [REASONING, MESSAGE]}
    assert not [event for event in RESPONSES.read_answer(document) if isinstance(event, OutputItems)]


@each(
    ("status", "reason", "word", "verdict"),
    [
        ("completed", None, "completed", Verdict.COMPLETE),
        ("incomplete", "max_output_tokens", "max_output_tokens", Verdict.LENGTH),
        ("incomplete", "content_filter", "content_filter", Verdict.FILTERED),
        ("incomplete", "a word from next year", "a word from next year", Verdict.CUT),
        ("incomplete", None, "incomplete", Verdict.CUT),
        ("failed", None, "failed", Verdict.FAILED),
        ("cancelled", None, "cancelled", Verdict.FAILED),
        ("queued", None, "queued", Verdict.FAILED),
        ("a word from next year", None, "a word from next year", Verdict.COMPLETE),
        (None, None, "completed", Verdict.COMPLETE),
    ],
)
def test_status_and_reason_have_their_verdict(
    status: str | None, reason: str | None, word: str, verdict: Verdict
) -> None:
    response: Any = {
        "object": "response",
        "output": [],
        "status": status,
        "incomplete_details": reason and {"reason": reason},
    }
    assert list(RESPONSES.read_answer(response)) == [FinishReason(word, verdict), EndMarker()]


@pytest.mark.parametrize(("status", "verdict"), [("incomplete", Verdict.CUT), ("failed", Verdict.FAILED)])
def test_a_response_that_says_itself_what_became_of_it_is_believed_before_its_event(
    status: str, verdict: Verdict
) -> None:
    """Some servers end whatever it was with `response.completed`."""
    first, *_ = RESPONSES.read_stream([event("completed", response={"status": status})])
    assert first == FinishReason(status, verdict)
    with pytest.raises(ProviderError):
        list(RESPONSES.read_stream([event("failed", response={"status": "completed", "error": {"message": "gone"}})]))


@each("data", ["", "null", "[]", "{}", "3", '{"type":"keepalive"}', '{"type":"response.created"}'])
def test_an_event_that_says_nothing_is_passed_over(data: str) -> None:
    assert list(RESPONSES.read_event(SseEvent("message", data))) == []
    assert list(RESPONSES.read_stream([SseEvent("message", data)])) == []


@each("read", ["read_event", "read_stream"])
@each(
    ("kind", "data"),
    cases(r"""
            error | {"type":"error","error":{"code":"x","message":"gone"}}
            message | {"type":"error","code":"x","message":"gone","param":null}
            error | {"code":"x","message":"gone"}
            error | gone
            message | {"error":{"message":"gone"}}
            message | {"error":"gone"}
            message | {"type":"response.failed","response":{"error":{"code":"x","message":"gone"}}}
            message | {"type":"response.failed","response":{"status":"failed","error":"gone"}}
        """),
)
def test_an_error_is_one_however_it_is_wrapped(kind: str, data: str, read: str) -> None:
    event = SseEvent(kind, data)
    with pytest.raises(ProviderError) as caught:
        list(RESPONSES.read_event(event) if read == "read_event" else RESPONSES.read_stream([event]))
    assert caught.value.said == "gone"


def test_a_foreign_end_marker_is_no_end() -> None:
    """A gateway sends it behind whatever came, whole or not."""
    assert list(RESPONSES.read_stream([SseEvent("message", "[DONE]")])) == []
    assert RESPONSES.needs_end_marker


def test_a_list_of_models_is_read() -> None:
    page = RESPONSES.read_models({"object": "list", "data": [{"id": "a"}, {"id": "b"}]})
    assert [model.name for model in page.models] == ["a", "b"]
    assert request("responses").url.endswith("/responses") and RESPONSES.models_request().url == f"{URL}/models"


def event(kind: str, **members: Any) -> SseEvent:
    return SseEvent("message", json.dumps({"type": f"response.{kind}", **members}))


WORDS = st.text("ab ", min_size=1, max_size=4)
# Of an item: its kind, whether its id alone says its place, whether its deltas are sent, and whether its whole is.
FORMS = [
    (kind, id_only, *sent)
    for kind in ("output_text", "reasoning_text")
    for id_only in (False, True)
    for sent in ((True, True), (True, False), (False, True))
]
ITEMS = st.lists(st.tuples(st.sampled_from(FORMS), st.lists(WORDS, max_size=4)), max_size=4)


_OF = {"output_text": "message", "reasoning_text": "reasoning"}


@settings(max_examples=200)
@given(chosen=ITEMS, order=picks, has_output=st.booleans())
def test_each_piece_is_given_once_and_in_order_however_the_items_are_mixed(
    chosen: list[tuple[tuple[str, bool, bool, bool], list[str]]], order: bytes, has_output: bool
) -> None:
    """Items mixed, deltas left out where the whole piece follows, whole pieces left out where there were deltas, the
    output of the end empty or not, ids in the place of numbers.
    """
    queues: list[list[SseEvent]] = []
    for number, ((kind, id_only, has_deltas, has_done), words) in enumerate(chosen):
        place = {"item_id": f"i{number}", **({} if id_only else {"output_index": number})}
        item = {"type": "message", "id": f"i{number}", "content": [{"type": kind, "text": "".join(words)}]}
        queue = [event(f"{kind}.delta", output_index=number, item_id=f"i{number}", delta=word) for word in words]
        queue = queue if has_deltas else []
        if has_done:
            queue.append(event(f"{kind}.done", **(place if queue else {"output_index": number}), text="".join(words)))
        queue.append(event("output_item.done", output_index=number, item=item if has_done else {"id": f"i{number}"}))
        queues.append(queue)
    items = [(kind, words) for (kind, *_), words in chosen]
    stream = [
        event("output_item.added", output_index=number, item={"type": _OF[kind], "id": f"i{number}"})
        for number, (kind, _) in enumerate(items)
    ]
    for number in order:
        if begun := [queue for queue in queues if queue]:
            stream.append(begun[number % len(begun)].pop(0))
    output = [{"type": "message", "content": [{"type": kind, "text": "".join(words)}]} for kind, words in items]
    stream.append(event("completed", response={"output": output if has_output else []}))

    found = list(RESPONSES.read_stream(stream))

    text = "".join(each.text for each in found if isinstance(each, TextDelta))
    thought = [each.text for each in found if isinstance(each, ReasoningDelta)]
    assert text == "".join(word for kind, words in items if kind == "output_text" for word in words)
    thoughts = ["".join(words) for kind, words in items if kind == "reasoning_text"]
    assert "".join(thought) == "\n\n".join(filter(None, thoughts))


def test_what_waits_for_an_earlier_item_is_not_lost_where_the_stream_breaks_off() -> None:
    mixed = [
        event("output_text.delta", output_index=number, delta=text) for number, text in ((0, "a"), (1, "b"), (0, "c"))
    ]
    found = list(RESPONSES.read_stream(mixed))
    assert found == [TextDelta("a"), TextDelta("c"), TextDelta("b")]
    broken = RESPONSES.read_stream([*mixed, SseEvent("error", "gone")])
    assert [next(broken) for _ in range(3)] == found
    with pytest.raises(ProviderError):
        next(broken)


def test_an_item_under_another_number_in_its_end_is_no_other() -> None:
    stream = [
        event("output_text.delta", output_index=0, item_id="new each time 1", delta="Hi "),
        event("output_text.delta", output_index=0, item_id="new each time 2", delta="you"),
        event("output_text.done", output_index=1, item_id="new each time 3", text="Hi you"),
        event("completed", response={"output": [REASONING, {"content": [{"type": "output_text", "text": "Hi you"}]}]}),
    ]
    assert [each for each in RESPONSES.read_stream(stream) if isinstance(each, TextDelta)] == [
        TextDelta("Hi "),
        TextDelta("you"),
    ]


def test_a_question_alone_is_sent_as_its_text() -> None:
    assert payload("responses", QUESTION)["input"] == [{"type": "message", "role": "user", "content": "Why?"}]
