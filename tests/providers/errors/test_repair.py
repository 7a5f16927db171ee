"""Requests mended after a refusal: each provider's way to say that it does not take a parameter."""

from __future__ import annotations

import json
from typing import Any

from chatbot.core.errors import ChatError, ContextTooLong, RateLimited, RequestRefused
from chatbot.core.request import HttpFailure
from chatbot.providers import services
from chatbot.providers.errors.meaning import read_error
from chatbot.providers.errors.repair import repaired
from chatbot.providers.schemas import is_in
from tests.tables import cases, each

CHAT = {
    "model": "m",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}],
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["END"],
    "seed": 3,
    "reasoning_effort": "low",
}
GEMINI = {
    "contents": [{"role": "user", "parts": [{"text": "Why?"}]}],
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "generationConfig": {"topP": 0.5, "seed": 3, "thinkingConfig": {"thinkingLevel": "low"}},
}
RESPONSES: dict[str, Any] = {
    "model": "m",
    "input": [{"type": "message", "role": "user", "content": "Why?"}],
    "instructions": "Be brief.",
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "low", "summary": "auto"},
    "max_output_tokens": 32_000,
}
ANTHROPIC = {
    "model": "m",
    "max_tokens": 32_000,
    "messages": [{"role": "user", "content": "Why?"}],
    "system": "Be brief.",
    "temperature": 0.5,
    "top_p": 0.9,
    "stop_sequences": ["END"],
    "output_config": {"effort": "low"},
}


def openai(message: str, param: str | None = None, code: str | None = "unsupported_parameter") -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def anthropic(message: str) -> Any:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def google(message: str) -> Any:
    return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}


def refusal(document: Any, status: int = 400) -> ChatError:
    return read_error(HttpFailure(status, {}, json.dumps(document).encode()), 0.0, services.find("openai"))


@each(
    ("document", "dropped"),
    [
        # OpenAI, Azure
        (openai("Unsupported parameter: 'stop' is not supported with this model.", "stop"), "stop"),
        (
            openai(
                "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) is.",
                "temperature",
                "unsupported_value",
            ),
            "temperature",
        ),
        (openai("Unsupported parameter: 'top_p'"), "top_p"),
        (
            openai("Unsupported value: 'reasoning_effort' does not support 'low'", "reasoning_effort"),
            "reasoning_effort",
        ),
        (openai("Unrecognized request argument supplied: stream_options", None, None), "stream_options"),
        (openai("'stream_options.include_usage' is not supported", "stream_options.include_usage"), "stream_options"),
        # Groq, Cerebras, xAI, llama.cpp and others
        (openai("property 'seed' is unsupported", None, None), "seed"),
        ({"message": "The parameter top_p is not supported", "code": "wrong_api_format"}, "top_p"),
        (
            {"code": "invalid-argument", "error": "Model m does not support parameter reasoningEffort."},
            "reasoning_effort",
        ),
        ({"error": "unknown field `stream_options`, expected one of `stop`, `temperature`"}, "stream_options"),
        # Mistral and everything else that FastAPI validates
        ({"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, "seed"),
        (
            {
                "object": "error",
                "message": {"detail": [{"loc": ["body", "stop"], "msg": "extra fields not permitted"}]},
            },
            "stop",
        ),
    ],
)
@each("status", [400, 422])
def test_a_parameter_that_is_not_taken_is_left_out(document: Any, dropped: str, status: int) -> None:
    repair = repaired(CHAT, refusal(document, status))

    assert repair is not None
    assert repair.payload == {name: value for name, value in CHAT.items() if name != dropped}
    assert repair.parameter == dropped
    assert repair.notice == f"the model does not take {dropped}; asked again without it"


@each(
    ("message", "dropped"),
    cases(r"""
            temperature: Extra inputs are not permitted | temperature
            `temperature` is deprecated for this model. | temperature
            `temperature` may only be set to 1 when thinking is enabled. | temperature
            top_p: Extra inputs are not permitted | top_p
            output_config.effort: Extra inputs are not permitted | output_config
            This model does not support the effort parameter. | output_config
            stop_sequences: not supported | stop_sequences
        """),
)
def test_anthropic_names_the_parameter_in_its_sentence(message: str, dropped: str) -> None:
    repair = repaired(ANTHROPIC, refusal(anthropic(message)))

    assert repair is not None
    assert repair.payload == {name: value for name, value in ANTHROPIC.items() if name != dropped}


@each(
    ("message", "dropped"),
    [
        ("Invalid JSON payload received. Unknown name \"seed\" at 'generation_config': Cannot find field.", "seed"),
        ("Unknown name \"topP\" at 'generation_config': Cannot find field.", "topP"),
        ("top_p is not supported by this model", "topP"),
        ("Unknown name \"thinkingLevel\" at 'generation_config.thinking_config': Cannot find field.", "thinkingConfig"),
        ("Thinking level is not supported for this model.", "thinkingConfig"),
    ],
)
def test_gemini_names_it_within_its_generation_config(message: str, dropped: str) -> None:
    repair = repaired(GEMINI, refusal(google(message)))

    assert repair is not None
    assert dropped not in repair.payload["generationConfig"]
    assert len(repair.payload["generationConfig"]) == 2
    assert repair.payload["contents"] == GEMINI["contents"]


@each(("before", "after"), [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")])
@each("named", [True, False])
def test_the_token_limit_goes_under_its_other_name(before: str, after: str, named: bool) -> None:
    message = f"Unsupported parameter: '{before}' is not supported with this model. Use '{after}' instead."

    repair = repaired({"model": "m", before: 5}, refusal(openai(message, before if named else None)))

    assert repair is not None
    assert repair.payload == {"model": "m", after: 5}
    assert repair.notice == f"the model wants {after} in place of {before}; asked again so"


def test_both_names_of_the_token_limit_are_one_parameter_so_it_is_swapped_once() -> None:
    refusals = [
        refusal(openai(f"Unsupported parameter: '{name}'", name)) for name in ("max_tokens", "max_completion_tokens")
    ]

    first = repaired({"max_tokens": 5}, refusals[0])
    assert first is not None
    second = repaired(first.payload, refusals[1])
    assert second is not None
    assert first.parameter == second.parameter


@each(
    ("message", "limit"),
    [
        ("max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for m", 8192),
        ("max_tokens is too large: 32000. This model supports at most 16384 completion tokens.", 16384),
        ("`max_tokens` must be less than or equal to `4096`, the maximum value for `max_tokens`", 4096),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("Range of max_tokens should be [1, 2048]", 2048),
    ],
)
@each("field", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_above_the_models_becomes_the_models(message: str, limit: int, field: str) -> None:
    repair = repaired({"model": "m", field: 32_000}, refusal(openai(message, "max_tokens", None)))

    assert repair is not None
    assert repair.payload == {"model": "m", field: limit}
    assert f"at most {limit} tokens" in repair.notice


@each(
    "document",
    [
        openai(
            "'messages[0].role' does not support 'system' with this model.", "messages[0].role", "unsupported_value"
        ),
        openai("'messages[0].role' does not support 'system' with this model."),
        {"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "unexpected value"}]},
        openai("The system role is not supported by this model"),
    ],
)
def test_a_system_prompt_that_is_not_taken_goes_in_front_of_the_question(document: Any) -> None:
    repair = repaired(CHAT, refusal(document))

    assert repair is not None
    assert repair.payload == {**CHAT, "messages": [{"role": "user", "content": "Be brief.\n\nWhy?"}]}
    assert "system" in repair.notice


def test_a_system_prompt_goes_in_front_of_images_as_a_part_of_its_own() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:"}}
    payload = {"messages": [{"role": "developer", "content": "S"}, {"role": "user", "content": [picture]}]}

    repair = repaired(payload, refusal(openai("Unsupported: developer role")))

    assert repair is not None
    assert repair.payload["messages"] == [{"role": "user", "content": [{"type": "text", "text": "S"}, picture]}]


@each(
    ("message", "parameter", "changed"),
    [
        ("Encrypted content is not supported with this model.", "include", {"include": None}),
        ("Unsupported parameter: 'store'", "store", {"store": None}),
        ("'reasoning.effort' is not supported", "reasoning.effort", {"reasoning": {"summary": "auto"}}),
        (
            "Your organization must be verified to generate reasoning summaries.",
            "reasoning.summary",
            {"reasoning": {"effort": "low"}},
        ),
        ("Unknown parameter: 'reasoning'", "reasoning", {"reasoning": None}),
        ("this model supports at most 4096 completion tokens", None, {"max_output_tokens": 4096}),
        (
            "The system role is not supported by this model",
            None,
            {"instructions": None, "input": [{"type": "message", "role": "user", "content": "Be brief.\n\nWhy?"}]},
        ),
    ],
)
def test_responses_goes_on_without_what_is_not_taken(
    message: str, parameter: str | None, changed: dict[str, Any]
) -> None:
    repair = repaired(RESPONSES, refusal(openai(message, parameter)))

    assert repair is not None
    expected = {name: value for name, value in {**RESPONSES, **changed}.items() if value is not None}
    assert repair.payload == expected


def test_a_system_prompt_goes_in_front_of_images_in_responses_too() -> None:
    picture = {"type": "input_image", "image_url": "data:"}
    asked = {**RESPONSES, "input": [{"type": "message", "role": "user", "content": [picture]}]}

    repair = repaired(asked, refusal(openai("The system role is not supported by this model")))

    assert repair is not None
    assert repair.payload["input"][0]["content"] == [{"type": "input_text", "text": "Be brief."}, picture]


@each(
    "message",
    [
        "The encrypted content gAA= could not be verified.",
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
    ],
)
def test_earlier_reasoning_that_is_not_taken_back_is_left_out_once(message: str) -> None:
    [question] = RESPONSES["input"]
    answer = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So."}]}
    asked = {**RESPONSES, "input": [question, {"type": "reasoning", "id": "rs_1"}, {**answer, "id": "m"}, question]}

    repair = repaired(asked, refusal(openai(message, None, "invalid_encrypted_content")))

    assert repair is not None
    assert repair.payload == {**RESPONSES, "input": [question, answer, question]}
    assert repaired(repair.payload, refusal(openai(message, None))) is None


def test_a_system_instruction_that_is_not_taken_goes_into_the_first_turn() -> None:
    repair = repaired(GEMINI, refusal(google("Developer instruction is not enabled for models/gemma-x")))

    assert repair is not None
    assert "systemInstruction" not in repair.payload
    assert repair.payload["contents"] == [{"role": "user", "parts": [{"text": "Be brief."}, {"text": "Why?"}]}]
    assert "systemInstruction" in GEMINI


@each(
    "error",
    [
        # A value out of range is the person's to mend.
        refusal(openai("Invalid 'temperature': expected a value <= 2, but got 5.", "temperature", "decimal_above_max")),
        refusal(openai("Invalid type for 'stop': expected a string.", "stop", "invalid_type")),
        # What names nothing that can go.
        refusal(openai("The model is not supported.", "model")),
        refusal(openai("Unsupported content in messages.", "messages")),
        refusal(openai("image input is not supported")),
        refusal(openai("Something is wrong.")),
        refusal(openai("Unknown parameter: 'logprobs'", "logprobs")),
        # Part of a longer word.
        refusal(openai("unsupported: stopwatch, nonstop_mode, reseed")),
        # Other kinds of error.
        RateLimited("m", said="temperature is not supported"),
        ContextTooLong("m", said="max_tokens: 5 > 3"),
    ],
)
def test_nothing_else_is_mended(error: ChatError) -> None:
    assert repaired(CHAT, error) is None


@each(
    ("payload", "said"),
    [
        ({"response_format": {"type": "json_schema"}}, "Unrecognized request argument supplied: response_format"),
        ({"text": {"format": {"type": "json_schema"}}}, "Unsupported parameter: 'text.format' is not supported."),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config: Extra inputs are not permitted"),
        (
            {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {}}},
            "Invalid JSON payload received. Unknown name \"responseJsonSchema\" at 'generation_config'",
        ),
    ],
)
def test_the_field_of_a_schema_can_go_and_a_schema_that_is_wrong_cannot(payload: dict[str, Any], said: str) -> None:
    mended = repaired({"model": "m", **payload}, RequestRefused("refused", said=said))
    assert mended is not None and not is_in(mended.payload)
    wrong = "Invalid schema for response_format 'answer': In context=(), 'minLength' is not permitted."
    assert repaired({"model": "m", **payload}, RequestRefused("refused", said=wrong)) is None


def test_a_refused_system_role_without_a_system_prompt_is_not_mended() -> None:
    payload = {"messages": [{"role": "user", "content": "Why?"}]}

    assert repaired(payload, RequestRefused("m", said="the system role is not supported")) is None
    assert repaired({"contents": []}, RequestRefused("m", said="system instruction is not supported")) is None
