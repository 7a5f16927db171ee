from __future__ import annotations

from chatbot.providers.models import context_window, facts
from tests.tables import each


@each(
    ("model", "tokens"),
    [
        ("gpt-6-luna", 1_000_000),
        ("gpt-4o-mini", 128_000),
        ("GPT-4.1", 1_047_576),
        ("o3", 200_000),
        ("claude-haiku-5-5", 1_000_000),
        ("claude-haiku-4-5-20251001", 200_000),
        ("anthropic/claude-sonnet-4-5", 200_000),
        ("models/gemini-2.5-flash", 1_048_576),
        ("gemini-3.5-flash-lite", 1_048_576),
        ("openai/gpt-oss-20b", 131_072),
    ],
)
def test_the_context_window_of_a_well_known_model(model: str, tokens: int) -> None:
    assert context_window(model) == tokens


@each("model", ["", "guide", "gpt-9", "my-gpt-4o", "claude-opus-7", "llama3.2:1b"])
def test_the_context_window_of_any_other_model_is_not_known(model: str) -> None:
    assert context_window(model) is None


@each(
    ("model", "reasoning"),
    [
        ("claude-haiku-4-5", "budget"),
        ("claude-sonnet-4-20250514", "budget"),
        ("claude-opus-4-6", "effort"),
        ("claude-haiku-5-5", "effort"),
        ("claude-3-7-sonnet-latest", "budget"),
        ("claude-3-5-haiku-latest", "none"),
        ("gemini-2.5-pro", "budget"),
        ("gemini-2.0-flash", "none"),
        ("gemini-3.1-pro-preview", "effort"),
        ("claude-of-the-future", "effort"),
    ],
)
def test_how_a_model_is_asked_to_reason(model: str, reasoning: str) -> None:
    assert facts(model).reasoning == reasoning
