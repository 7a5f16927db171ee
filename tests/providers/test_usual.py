"""Who answers where variables and settings both say it: the two that belong together stay together."""

from __future__ import annotations

from chatbot.core.options import SettingSource
from chatbot.providers.choice import ModelRequest, find_service
from chatbot.providers.usual import with_usual
from tests.tables import cases, each


def variables(model: str, provider: str, origin: str) -> dict[str, SettingSource]:
    pairs = (("CHAT_MODEL", model), ("CHAT_PROVIDER", provider))
    return {name: SettingSource(value, origin) for name, value in pairs if value != "-"}


@each(
    ("model", "provider", "file_model", "file_provider", "answers"),
    cases("""
        -                 | -         | openai/gpt-4o    | -         | openai gpt-4o
        -                 | -         | gpt-4o           | -         | openai gpt-4o
        -                 | -         | llama            | groq      | groq llama
        -                 | -         | -                | groq      | groq None
        groq/x            | -         | openai/gpt-4o    | openai    | groq x
        gpt-4o            | -         | -                | anthropic | openai gpt-4o
        llama3            | -         | openai/gpt-4o    | ollama    | ollama llama3
        -                 | groq      | openai/gpt-4o    | openai    | groq None
        -                 | openai    | openai/gpt-4o    | -         | openai gpt-4o
        -                 | openai    | gpt-4o           | groq      | openai None
        -                 | groq      | groq/a/b         | -         | groq a/b
        groq/x            | groq      | groq/y           | groq      | groq x
    """),
)
def test_a_model_of_one_provider_is_never_asked_of_another(
    model: str, provider: str, file_model: str, file_provider: str, answers: str
) -> None:
    said = variables(model, provider, "the environment")
    found = with_usual(said, variables(file_model, file_provider, "config.toml"))
    service, named = find_service(ModelRequest(), found)
    assert f"{service and service.name} {named}" == answers
    assert all(found[name] == said[name] for name in said)
