"""Small transcripts of what each service does in its own way, played through parser, stream repair and provider.

`recordings/` holds one file for each quirk, named after the service; its line ends are those of the service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from chatbot.core import errors
from chatbot.core.errors import ChatError
from chatbot.core.events import (
    CallPiece,
    EndMarker,
    FinishReason,
    Notice,
    OutputItems,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    Usage,
    Verdict,
)
from chatbot.core.options import Endpoint
from chatbot.core.sse import decoder
from chatbot.core.sse.repair import repaired
from chatbot.providers.wires import lookup
from tests.tables import each
from tests.wires import service_named

FOLDER = Path(__file__).parent / "recordings"
END = EndMarker()
STOP = FinishReason("stop", Verdict.COMPLETE)
COMPLETED = (FinishReason("completed", Verdict.COMPLETE), END)
_REFUSED = FinishReason("refusal", Verdict.REFUSED)
REFUSAL = (TextDelta("I'm sorry, "), _REFUSED, TextDelta("I can't."), _REFUSED)
TOKYO = '{"city": "Tokyo"}'
# As it stands in the last event.
ENCRYPTED = (
    '[{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"**Weighing** it"},'
    '{"type":"summary_text","text":"**Done**"}],"encrypted_content":"gAAlast"},'
    '{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text",'
    '"annotations":[],"logprobs":[],"text":"Yes"}],"phase":"final_answer"}]'
)


class Recording(NamedTuple):
    """A file, the events in it, and the error that ends it with the provider's sentence."""

    file: str
    events: list[ProviderEvent]
    error: type[ChatError] | None = None
    said: str = ""


RECORDINGS = [
    Recording(
        "anthropic-answer.json",
        [
            ReasoningDelta("Hm"),
            TextDelta("Hi"),
            CallPiece(2, "t", "n"),
            FinishReason("model_context_window_exceeded", Verdict.LENGTH),
            Usage(8, 2, None, 3, 0),
            OutputItems(
                '[{"type":"thinking","thinking":"Hm","signature":"x"},{"type":"text","text":"Hi"},'
                '{"type":"tool_use","id":"t","name":"n","input":{}}]'
            ),
            END,
        ],
    ),
    Recording("anthropic-cut.sse", [Usage(5, 1), TextDelta("Once upon")]),
    Recording("anthropic-empty-answer.json", [FinishReason("end_turn", Verdict.COMPLETE), Usage(5, 0), END]),
    Recording("anthropic-error-without-its-wrapping.sse", [], errors.ServerFault, "Internal server error"),
    Recording("anthropic-overloaded-first.sse", [], errors.Overloaded, "Overloaded"),
    Recording(
        "anthropic-overloaded-in-the-middle.sse", [Usage(5, 1), TextDelta("Once")], errors.Overloaded, "Overloaded"
    ),
    Recording(
        "anthropic-paused-turn.sse",
        [Usage(5, 1), TextDelta("Searching"), FinishReason("pause_turn", Verdict.CUT), Usage(None, 2), END],
    ),
    Recording(
        "anthropic-refusal.sse",
        [
            Usage(5, 1),
            TextDelta("Well"),
            Notice("This may be misused."),
            FinishReason("refusal", Verdict.REFUSED),
            Usage(None, 2),
            END,
        ],
    ),
    Recording(
        "anthropic-thinking-text-usage.sse",
        [
            Usage(35, 1, None, 20, 10),
            ReasoningDelta("Hm."),
            TextDelta("He"),
            TextDelta("llo"),
            FinishReason("end_turn", Verdict.COMPLETE),
            Usage(None, 7, 3),
            END,
        ],
    ),
    Recording(
        "anthropic-tool-use-and-unknown-blocks.sse",
        [
            Usage(5, 1),
            CallPiece(0, arguments='{"q":1}'),  # of a search of the server, which never began as a call
            FinishReason("tool_use", Verdict.COMPLETE),
            Usage(None, 2),
            END,
        ],
    ),
    Recording(
        "anthropic-usage-superseded-at-the-end.sse",
        [Usage(5, 1), TextDelta("Hi"), FinishReason("max_tokens", Verdict.LENGTH), Usage(9, 4, None, 2, 1), END],
    ),
    Recording(
        "anthropic-without-event-lines.sse",
        [Usage(5, 1), TextDelta("Hi"), FinishReason("end_turn", Verdict.COMPLETE), END],
    ),
    Recording(
        "azure-filtered-answer-without-message.json", [FinishReason("content_filter", Verdict.FILTERED), Usage(9, 0)]
    ),
    Recording(
        "azure-first-chunk-without-choices.sse",
        [TextDelta("Hi"), STOP, Usage(9, 2), END],
    ),
    Recording(
        "custom-tool-call-without-id.json",  # of Gemini's address for clients of OpenAI
        [
            CallPiece(0, "", "get_current_time", "{}", whole=True),
            FinishReason("tool_calls", Verdict.COMPLETE),
            Usage(35, 12),
        ],
    ),
    Recording("custom-error-line.sse", [TextDelta("Par")], errors.ProviderError, "worker is gone"),
    Recording(
        "deepseek-reasoning-then-content-null.sse",
        [
            ReasoningDelta("Ach"),
            TextDelta("So"),
            FinishReason("insufficient_system_resource", Verdict.FAILED),
            Usage(9, 2, None, 8),
            END,
        ],
    ),
    Recording(
        "gemini-array-of-a-stream.json",
        [TextDelta("One"), TextDelta(" two"), FinishReason("STOP", Verdict.COMPLETE), Usage(1, 2)],
    ),
    Recording("gemini-bare-json-error.sse", [TextDelta("Part")], errors.Overloaded, "The model is overloaded."),
    Recording("gemini-error-as-an-event.sse", [], errors.RateLimited, "Resource has been exhausted"),
    Recording(
        "gemini-last-event-without-a-blank-line.sse",
        [TextDelta("Done"), TextDelta("."), FinishReason("STOP", Verdict.COMPLETE)],
    ),
    Recording("gemini-nothing-but-thoughts.json", [FinishReason("MAX_TOKENS", Verdict.LENGTH), Usage(4, 64, 64)]),
    Recording("gemini-null-content.json", [FinishReason("OTHER", Verdict.COMPLETE)]),
    Recording(
        "gemini-prompt-blocked.json", [FinishReason("prompt blocked: PROHIBITED_CONTENT", Verdict.FILTERED), Usage(4)]
    ),
    Recording(
        "gemini-thoughts-and-usage.sse",
        [
            ReasoningDelta("Weighing it"),
            Usage(7, 3, 3),
            TextDelta("Yes"),
            Usage(7, 4, 3, 2),
            FinishReason("STOP", Verdict.COMPLETE),
            OutputItems('[{"text":"Yes"},{"text":"","thoughtSignature":"c2ln"}]'),
            Usage(7, 5, 3, 2),
        ],
    ),
    Recording(
        "gemini-unexpected-call-with-signature.json",
        [
            CallPiece(None, "", "list_files", "{}", whole=True),
            Notice("Unexpected tool call: Model tried to call an undeclared function: list_files"),
            FinishReason("UNEXPECTED_TOOL_CALL", Verdict.COMPLETE),
            Usage(22, 137, 134, None),
            OutputItems('[{"functionCall":{"args":{},"name":"list_files"},"thoughtSignature":"CtwB"}]'),
        ],
    ),
    Recording("gemini-withheld.sse", [Notice("Harassment was found."), FinishReason("SAFETY", Verdict.FILTERED)]),
    Recording("groq-error-event.sse", [TextDelta("Calling")], errors.RequestRefused, "Failed to call a function."),
    Recording(
        "groq-usage-in-two-places.sse",
        [
            ReasoningDelta("Short."),
            TextDelta("Ja"),
            STOP,
            Usage(9, 2),
            Usage(9, 2),
            END,
        ],
    ),
    Recording(
        "huggingface-text-after-the-finish.sse",
        [TextDelta("One"), Usage(1, 1), STOP, TextDelta(" two"), Usage(1, 2)],
    ),
    Recording("huggingface-unknown-members.sse", [TextDelta("Hi"), FinishReason("bored", Verdict.COMPLETE)]),
    Recording("llamacpp-answer-with-timings.sse", [TextDelta("Hi"), FinishReason("length", Verdict.LENGTH), END]),
    Recording(
        "llamacpp-error-and-null-content.sse",
        [ReasoningDelta("So"), TextDelta("Hm")],
        errors.ServerFault,
        "Failed to parse input at pos 3",
    ),
    Recording(
        "lmstudio-error-event-alone.sse",
        [],
        errors.ContextTooLong,
        "The number of tokens to keep from the initial prompt is greater than the context length.",
    ),
    Recording(
        "mistral-content-as-a-list.sse",
        [
            ReasoningDelta("Hm"),
            ReasoningDelta("m."),
            TextDelta("Two"),
            TextDelta(" things"),
            STOP,
            Usage(9, 2),
            END,
        ],
    ),
    Recording(
        "mistral-stopped-by-the-window.json",
        [TextDelta("Long"), FinishReason("model_length", Verdict.LENGTH), Usage(9, 2)],
    ),
    Recording("ollama-failure-after-the-first-token.sse", [TextDelta("He")]),
    Recording("openai-answer.json", [TextDelta("Good day"), STOP, Usage(9, 2)]),
    Recording("openai-cut-inside-a-chunk.sse", [TextDelta("Half an")]),
    Recording(
        "openai-error-and-then-done.sse",
        [],
        errors.ServerFault,
        "The server had an error while processing your request.",
    ),
    Recording(
        "openai-refusal.sse",
        [
            *REFUSAL,
            STOP,
            END,
        ],
    ),
    Recording("openai-several-answers-mixed.sse", [TextDelta("A"), STOP, END]),
    Recording(
        "mistral-tool-call-with-its-finish.sse",
        [
            CallPiece(0, "OU1Hlq8za", "square_root", '{"number": 132413}'),
            FinishReason("tool_calls", Verdict.COMPLETE),
            Usage(128, 16),
            END,
        ],
    ),
    Recording(
        "openai-tool-call.sse",
        [
            CallPiece(0, "call_1", "clock"),
            CallPiece(0, arguments='{"zone":'),
            CallPiece(0, arguments='"UTC"}'),
            FinishReason("tool_calls", Verdict.COMPLETE),
            END,
        ],
    ),
    Recording(
        "openai-usage-in-a-last-chunk.sse",
        [TextDelta("Good"), TextDelta(" day"), STOP, Usage(9, 2, 1, 4), END],
    ),
    Recording(
        "openrouter-comments-and-reasoning-twice.sse",
        [
            ReasoningDelta("Let me "),
            ReasoningDelta("see."),
            TextDelta("Ok"),
            STOP,
            STOP,
            Usage(9, 2, 0),
            END,
        ],
    ),
    Recording(
        "openrouter-error-beside-empty-choices.sse",
        [],
        errors.RequestRefused,
        "Provider returned error: image too small",
    ),
    Recording(
        "openrouter-error-inside-the-choice.sse",
        [TextDelta("Beg")],
        errors.ServerFault,
        "Upstream idle timeout exceeded",
    ),
    Recording(
        "openrouter-error-with-status-200.json", [], errors.Overloaded, "Provider returned error: upstream is down"
    ),
    Recording(
        "perplexity-crlf-without-done.sse",
        [
            TextDelta("<think>"),
            Usage(3, 1),
            TextDelta("Hm</think>\n"),
            Usage(3, 2),
            TextDelta("Yes"),
            Usage(3, 3),
            STOP,
            Usage(3, 3),
        ],
    ),
    Recording(
        "responses-azure-items-mixed.sse",
        [
            TextDelta("One "),
            TextDelta("two"),
            TextDelta(" three four"),
            Usage(9, 4, 0, 0),
            *COMPLETED,
        ],
    ),
    Recording(
        "responses-azure-stopped-at-the-limit.json",
        [TextDelta("1. Alabama\n2. Al"), Usage(14, 50, 0, 0), FinishReason("max_output_tokens", Verdict.LENGTH), END],
    ),
    Recording(
        "responses-custom-end-of-the-text-only-in-done.sse",
        [TextDelta("All at"), TextDelta(" once"), *COMPLETED],
    ),
    Recording(
        "responses-custom-text-only-at-the-end.sse",
        [
            ReasoningDelta("Hm."),
            TextDelta("All at once"),
            Usage(9, 3, 0, 0),
            *COMPLETED,
        ],
    ),
    Recording(
        "responses-custom-text-only-in-done.sse",
        [TextDelta("All at once"), Usage(9, 3, 0, 0), *COMPLETED],
    ),
    Recording(
        "responses-deepseek-reasoning-text-and-a-call.sse",
        [
            ReasoningDelta("Call"),
            ReasoningDelta(" it."),
            CallPiece(1, "call_1", "get_temperature"),
            CallPiece(1, arguments=TOKYO),
            CallPiece(1, arguments=TOKYO, whole=True),
            CallPiece(1, "call_1", "get_temperature", TOKYO, whole=True),
            CallPiece(1, "call_1", "get_temperature", TOKYO, whole=True),
            Usage(366, 59, 14, 256),
            FinishReason("function_call", Verdict.COMPLETE),
            END,
        ],
    ),
    Recording(
        "responses-openai-answer.json",
        [TextDelta("Good day"), Usage(9, 2, 0, 4), *COMPLETED],
    ),
    Recording("responses-openai-cut.sse", [TextDelta("Once"), TextDelta(" upon")]),
    Recording(
        "responses-openai-error-and-then-failed.sse",
        [],
        errors.ServerFault,
        "An error occurred while processing your request.",
    ),
    Recording("responses-openai-failed.json", [], errors.ServerFault, "The model failed."),
    Recording(
        "responses-openai-flat-error-in-the-middle.sse",
        [TextDelta("Half an")],
        errors.RateLimited,
        "Rate limit reached.",
    ),
    Recording(
        "responses-openai-keepalive-search-and-no-numbers.sse",
        [TextDelta("It"), TextDelta(" rains"), Usage(9, 2, 0, 0), *COMPLETED],
    ),
    Recording(
        "responses-openai-limit-within-reasoning.sse",
        [Usage(16, 16, 16, 0), FinishReason("max_output_tokens", Verdict.LENGTH), END],
    ),
    Recording(
        "responses-openai-rate-limit-as-failed.sse",
        [Usage(9, 0, 0, 0)],
        errors.RateLimited,
        "Rate limit reached for m. Please try again in 1.5s.",
    ),
    Recording(
        "responses-openai-refusal.sse",
        [
            *REFUSAL,
            FinishReason("refusal", Verdict.REFUSED),
            FinishReason("refusal", Verdict.REFUSED),
            Usage(9, 5, 0, 0),
            *COMPLETED,
        ],
    ),
    Recording(
        "responses-openai-two-summaries-and-encrypted-reasoning.sse",
        [
            ReasoningDelta("**Weighing**"),
            ReasoningDelta(" it"),
            ReasoningDelta("\n\n**Done**"),
            TextDelta("Ye"),
            TextDelta("s"),
            Usage(30, 12, 8, 20),
            FinishReason("completed", Verdict.COMPLETE),
            OutputItems(ENCRYPTED),
            END,
        ],
    ),
    Recording(
        "responses-openai-withheld.sse", [TextDelta("Take"), FinishReason("content_filter", Verdict.FILTERED), END]
    ),
    Recording(
        "responses-openrouter-comments-and-done.sse",
        [TextDelta("The"), TextDelta(" answer"), Usage(65, 15, 0, 0), *COMPLETED],
    ),
    Recording(
        "responses-xai-summary-and-a-call.json",
        [
            ReasoningDelta("Look it up.\n"),
            CallPiece(1, "call_1", "get_temperature", TOKYO, whole=True),
            Usage(598, 98, 76, 192),
            FinishReason("function_call", Verdict.COMPLETE),
            OutputItems(
                '[{"id":"rs_1","type":"reasoning","status":"completed",'
                '"summary":[{"type":"summary_text","text":"Look it up.\\n"}],"encrypted_content":"in3c"},'
                '{"id":"fc_1","type":"function_call","status":"completed",'
                '"arguments":"{\\"city\\": \\"Tokyo\\"}","call_id":"call_1","name":"get_temperature"}]'
            ),
            END,
        ],
    ),
    Recording(
        "together-old-end-of-sequence.sse",
        [TextDelta("Hi"), FinishReason("eos", Verdict.COMPLETE), Usage(9, 2, None, 5), END],
    ),
    Recording(
        "xai-reasoning-counted-beside.json",
        [ReasoningDelta("Hm"), TextDelta("Ok"), STOP, Usage(493, 89, 54, 481)],
    ),
]


def play(file: str, pieces: Iterable[bytes]) -> Iterator[ProviderEvent]:
    """The events of a recording whose bytes come in `pieces`."""
    provider = lookup.provider_for(service_named(file.split("-")[0]), Endpoint("http://127.0.0.1"))
    if file.endswith(".json"):
        yield from provider.read_answer(json.loads(b"".join(pieces)))
        return
    yield from provider.read_stream(decoder.events(repaired(decoder.lines(pieces))))


@each("recording", RECORDINGS)
def test_each_recording_gives_the_same_events_however_its_bytes_come(recording: Recording) -> None:
    body = (FOLDER / recording.file).read_bytes()

    for size in (len(body), 7, 1):
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        events: list[ProviderEvent] = []
        error: ChatError | None = None
        try:
            for event in play(recording.file, pieces):
                events.append(event)  # one by one: those before an error count
        except ChatError as raised:
            error = raised

        assert events == recording.events
        assert (type(error) if error else None) is recording.error
        assert (error.said if error else "") == recording.said


def test_every_recording_is_played() -> None:
    files = {path.name for path in FOLDER.iterdir() if not path.name.startswith(".")}

    assert files == {recording.file for recording in RECORDINGS}
