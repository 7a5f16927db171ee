"""Which service answers, and where it is."""

from __future__ import annotations

import pytest

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.core.options import SettingSource
from chatbot.providers import services
from chatbot.providers.choice import (
    ModelRequest,
    check_service_named_in,
    choose,
    find_service,
    is_clear,
    local_names,
    spoken_name,
    variable_names,
)
from tests.providers.choosing import chosen, local, trusted
from tests.tables import each

EVIL = "https://evil.example/v1"

# Each row would give another service if the rule above it did not win.
ALL = trusted(OPENAI_API_KEY="k", ANTHROPIC_API_KEY="k", CHAT_PROVIDER="mistral", CHAT_MODEL="gemini-x")


@each(
    "wish, variables, service, model",
    [
        # 1: --provider
        (ModelRequest("groq", "claude-x", "https://api.anthropic.com"), ALL, "groq", "claude-x"),
        (ModelRequest("GROQ"), ALL, "groq", None),
        (ModelRequest("claude", "gpt-x"), ALL, "anthropic", "gpt-x"),
        (ModelRequest("groq", "groq/openai/gpt-oss-20b"), {}, "groq", "openai/gpt-oss-20b"),
        (ModelRequest("groq", "openai/gpt-oss-20b"), {}, "groq", "openai/gpt-oss-20b"),
        (ModelRequest("openrouter", "openrouter/auto"), {}, "openrouter", "openrouter/auto"),
        (ModelRequest("openai", "openai/x", "http://127.0.0.1:1"), {}, "openai", "openai/x"),
        (ModelRequest("mistral"), ALL, "mistral", "gemini-x"),
        (ModelRequest("gemini"), trusted(CHAT_MODEL="gemini/gemini-x"), "gemini", "gemini-x"),
        # 2: --base-url
        (ModelRequest(None, "claude-x", "https://api.groq.com/openai/v1"), ALL, "groq", "claude-x"),
        (ModelRequest(None, "m", "https://API.groq.com/other"), ALL, "groq", "m"),
        (ModelRequest(None, "anthropic/m", "https://gateway.example/v1"), ALL, "custom", "anthropic/m"),
        (ModelRequest(None, None, "http://localhost:11434/v1"), ALL, "ollama", None),
        (ModelRequest(None, None, "http://127.0.0.1:11434/v1"), ALL, "ollama", None),
        (ModelRequest(None, None, "http://[::1]:8080/v1"), ALL, "llamacpp", None),
        (ModelRequest(None, None, "http://127.0.0.1:11435/v1"), ALL, "custom", None),
        # 3: provider/model
        (ModelRequest(None, "groq/llama-x"), ALL, "groq", "llama-x"),
        (ModelRequest(None, "openrouter/anthropic/claude-x"), ALL, "openrouter", "anthropic/claude-x"),
        (ModelRequest(None, "openrouter/auto"), ALL, "openrouter", "openrouter/auto"),
        (ModelRequest(None, "Google/gemini-x"), ALL, "gemini", "gemini-x"),
        (ModelRequest(None, "hf/a/b"), ALL, "huggingface", "a/b"),
        (ModelRequest(None, "lab/guide"), ALL, "lab", "guide"),
        # 4: the name's beginning
        (ModelRequest(None, "gpt-x"), trusted(CHAT_PROVIDER="groq"), "openai", "gpt-x"),
        (ModelRequest(None, "o3-mini"), {}, "openai", "o3-mini"),
        (ModelRequest(None, "Claude-x"), ALL, "anthropic", "Claude-x"),
        (ModelRequest(None, "gemini-x"), {}, "gemini", "gemini-x"),
        (ModelRequest(None, "models/gemini-x"), {}, "gemini", "models/gemini-x"),
        (ModelRequest(None, "gemma-3-27b-it"), {}, "gemini", "gemma-3-27b-it"),
        (ModelRequest(None, "mistral-small-latest"), {}, "mistral", "mistral-small-latest"),
        (ModelRequest(None, "deepseek-v4-pro"), {}, "deepseek", "deepseek-v4-pro"),
        (ModelRequest(None, "grok-4"), {}, "xai", "grok-4"),
        (ModelRequest(None, "sonar-pro"), {}, "perplexity", "sonar-pro"),
        # ... which says nothing of open weights, of tags, and of other vendors' names
        (ModelRequest(None, "gpt-oss:20b"), trusted(CHAT_PROVIDER="ollama"), "ollama", "gpt-oss:20b"),
        (ModelRequest(None, "gpt-oss-120b"), trusted(GROQ_API_KEY="k"), "groq", "gpt-oss-120b"),
        (ModelRequest(None, "deepseek-r1:8b"), trusted(OLLAMA_HOST="localhost"), "ollama", "deepseek-r1:8b"),
        (
            ModelRequest(None, "deepseek-ai/DeepSeek-V3"),
            trusted(TOGETHER_API_KEY="k"),
            "together",
            "deepseek-ai/DeepSeek-V3",
        ),
        # 5: CHAT_PROVIDER, with CHAT_MODEL
        (ModelRequest(None, "qwen3"), ALL, "mistral", "qwen3"),
        (ModelRequest(), ALL, "mistral", "gemini-x"),
        (ModelRequest(), trusted(CHAT_PROVIDER="ollama", CHAT_MODEL="gpt-oss-20b"), "ollama", "gpt-oss-20b"),
        (ModelRequest(), trusted(CHAT_PROVIDER="openrouter", CHAT_MODEL="openai/gpt-x"), "openrouter", "openai/gpt-x"),
        (ModelRequest(), trusted(CHAT_PROVIDER="groq", CHAT_MODEL="groq/x"), "groq", "x"),
        (ModelRequest(), trusted(CHAT_PROVIDER="groq", OPENAI_API_KEY="k"), "groq", None),
        # 6: CHAT_MODEL
        (ModelRequest(), trusted(CHAT_MODEL="anthropic/claude-x", OPENAI_API_KEY="k"), "anthropic", "claude-x"),
        (ModelRequest(), trusted(CHAT_MODEL="claude-x", OPENAI_API_KEY="k"), "anthropic", "claude-x"),
        (ModelRequest(), trusted(CHAT_MODEL="qwen3", GROQ_API_KEY="k"), "groq", "qwen3"),
        (ModelRequest(None, "qwen3"), trusted(CHAT_MODEL="claude-x", GROQ_API_KEY="k"), "groq", "qwen3"),
        # 7: what is set
        (ModelRequest(), trusted(ANTHROPIC_API_KEY="k", GROQ_API_KEY="k"), "anthropic", None),
        (ModelRequest(), trusted(GOOGLE_API_KEY="k"), "gemini", None),
        (ModelRequest(), trusted(GEMINI_API_KEY="k"), "gemini", None),
        (ModelRequest(), local(OPENAI_API_KEY="k") | trusted(GROQ_API_KEY="k"), "groq", None),
        (ModelRequest(), local(OPENAI_API_KEY="k"), "openai", None),
        (ModelRequest(), trusted(OLLAMA_HOST="0.0.0.0", XAI_API_KEY="k"), "xai", None),
        (ModelRequest(), trusted(OLLAMA_HOST="0.0.0.0"), "ollama", None),
        (ModelRequest(), trusted(OPENAI_BASE_URL="http://localhost:9/v1"), "openai", None),
        (ModelRequest(), trusted(AZURE_OPENAI_API_KEY="k"), None, None),  # a key without an address
        (ModelRequest(), trusted(AZURE_OPENAI_API_KEY="k", AZURE_OPENAI_ENDPOINT="https://h"), "azure", None),
        (ModelRequest(), trusted(CUSTOM_API_KEY="k", GROQ_API_KEY="k"), "groq", None),
        (ModelRequest(), {}, None, None),
        (ModelRequest(None, "qwen3"), {}, None, "qwen3"),
    ],
)
def test_the_service_is_found_in_the_documented_order(
    wish: ModelRequest, variables: dict[str, SettingSource], service: str | None, model: str | None
) -> None:
    found, name = find_service(wish, variables)

    assert (found.name if found else None, name) == (service, model)


@pytest.mark.parametrize(
    ("wish", "variables"),
    [(ModelRequest("opnai"), {}), (ModelRequest(), trusted(CHAT_PROVIDER="opnai"))],
    ids=["flag", "variable"],
)
def test_a_provider_that_does_not_exist_is_told_with_the_nearest(
    wish: ModelRequest, variables: dict[str, SettingSource]
) -> None:
    with pytest.raises(UsageError, match="did you mean openai"):
        find_service(wish, variables)


def test_a_trusted_address_wins_over_a_local_one_of_another_name() -> None:
    choice = chosen(ModelRequest("ollama"), local(OLLAMA_BASE_URL=EVIL) | trusted(OLLAMA_HOST="myhost"))

    assert choice.endpoint.base_url == "http://myhost:11434/v1"


@each(
    ("host", "address"),
    [
        ("myhost", "http://myhost:11434/v1"),
        ("myhost:8000", "http://myhost:8000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:9999", "http://127.0.0.1:9999/v1"),
        ("[::]:9999", "http://[::1]:9999/v1"),
        (":9999", "http://127.0.0.1:9999/v1"),
        ("http://myhost", "http://myhost:80/v1"),
        ("https://myhost", "https://myhost:443/v1"),
        ("https://myhost/ollama/", "https://myhost:443/ollama/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("myhost:many", "http://myhost:11434/v1"),
    ],
)
def test_ollama_host_becomes_a_base_url(host: str, address: str) -> None:
    assert chosen(ModelRequest("ollama"), trusted(OLLAMA_HOST=host)).endpoint.base_url == address


def test_ollama_base_url_is_taken_as_it_is_and_before_the_host() -> None:
    variables = trusted(OLLAMA_BASE_URL="http://other:1/api/v1", OLLAMA_HOST="myhost")

    assert chosen(ModelRequest("ollama"), variables).endpoint.base_url == "http://other:1/api/v1"


@each(
    ("provider", "variables", "address", "query"),
    [
        ("azure", {"AZURE_OPENAI_ENDPOINT": "https://me.azure.com/"}, "https://me.azure.com/openai/v1", ""),
        ("azure", {"AZURE_OPENAI_ENDPOINT": "https://me.azure.com/openai/v1"}, "https://me.azure.com/openai/v1", ""),
        ("azure", {"AZURE_OPENAI_BASE_URL": "https://me.azure.com/x/v1"}, "https://me.azure.com/x/v1", ""),
        (
            "azure-dated",
            {"AZURE_OPENAI_ENDPOINT": "https://me.azure.com", "OPENAI_API_VERSION": "2024-10-21 preview"},
            "https://me.azure.com/openai",
            "api-version=2024-10-21+preview",
        ),
    ],
)
def test_azure_is_where_its_endpoint_says(provider: str, variables: dict[str, str], address: str, query: str) -> None:
    choice = chosen(ModelRequest(provider, "my-deployment"), trusted(AZURE_OPENAI_API_KEY="k", **variables))

    assert choice.endpoint.base_url == address
    assert choice.endpoint.query == query
    assert choice.endpoint.auth == ("api-key", "k")


@each(
    ("provider", "model", "variables", "kind", "message"),
    [
        ("azure", "m", {}, ConfigurationError, "no address of its own"),
        ("azure-dated", "m", {"AZURE_OPENAI_ENDPOINT": "https://h"}, ConfigurationError, "needs OPENAI_API_VERSION"),
        ("azure", None, {"AZURE_OPENAI_ENDPOINT": "https://h"}, UsageError, "name of your deployment"),
        ("custom", "m", {}, ConfigurationError, "no address of its own"),
    ],
)
def test_what_a_service_lacks_is_named(
    provider: str, model: str | None, variables: dict[str, str], kind: type[ChatError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        chosen(ModelRequest(provider, model), trusted(AZURE_OPENAI_API_KEY="k", **variables))


def test_the_model_is_the_one_named_else_the_default_else_the_servers_first() -> None:
    key = trusted(OPENAI_API_KEY="k")

    assert chosen(ModelRequest("openai", "m"), key).model == "m"
    assert chosen(ModelRequest("openai"), key).model == services.find("openai").default_model
    assert chosen(ModelRequest(None, "openai/"), key).model == services.find("openai").default_model
    assert chosen(ModelRequest("ollama"), {}).model is None


def test_an_address_that_the_caller_knows_better_counts() -> None:
    choice = choose(services.find("lab"), "guide", ModelRequest(), trusted(OPENAI_API_KEY="k"), "http://127.0.0.1:9/v1")

    assert choice.endpoint.base_url == "http://127.0.0.1:9/v1"
    assert choice.endpoint.auth is None


def test_a_local_file_may_name_keys_addresses_model_and_provider_and_nothing_else() -> None:
    assert {"OPENAI_API_KEY", "OLLAMA_HOST", "AZURE_OPENAI_ENDPOINT", "CHAT_MODEL", "CHAT_PROVIDER"} <= local_names()
    assert not {"OPENAI_ORG_ID", "OPENAI_API_VERSION"} & local_names()
    assert {"OPENAI_ORG_ID", "OPENAI_API_VERSION"} | local_names() == {"OPENAI_PROJECT_ID"} ^ variable_names()
    assert not [name for name in variable_names() if name.lower().endswith(("_proxy", "_bundle", "path", "_file"))]


@each("model", ["nosuch/model", "opnai/gpt-5", "/x"])
def test_a_service_that_does_not_exist_is_told(model: str) -> None:
    with pytest.raises(UsageError, match="there is no provider"):
        check_service_named_in(model)


@each("model", [None, "", "gpt-5", "openai/gpt-5", "models/gemini-3", "tunedModels/mine"])
def test_other_names_name_no_service_or_one_that_exists(model: str | None) -> None:
    check_service_named_in(model)


def test_another_server_is_called_by_its_place_and_has_no_key_page() -> None:
    variables = {"OPENAI_API_KEY": SettingSource("k" * 20, "the environment")}
    wish = ModelRequest(provider="openai", base_url="http://127.0.0.1:4000/v1")
    elsewhere = choose(services.find("openai"), "m", wish, variables)
    assert (elsewhere.service.title, elsewhere.service.key_page) == ("127.0.0.1:4000", "")
    assert elsewhere.service.name == "openai"
    at_home = choose(services.find("openai"), "m", ModelRequest(provider="openai"), variables)
    assert at_home.service.title == "OpenAI"


def test_a_bad_base_url_names_its_variable() -> None:
    variables = {
        "OPENAI_API_KEY": SettingSource("k" * 20, "the environment"),
        "OPENAI_BASE_URL": SettingSource("api.example.com", "the environment"),
    }
    with pytest.raises(ConfigurationError, match=r"^OPENAI_BASE_URL in the environment is no base URL"):
        choose(services.find("openai"), "m", ModelRequest(provider="openai"), variables)


@each(
    ("service", "model", "clear", "spoken"),
    [
        ("openai", "gpt-4o", True, "openai/gpt-4o"),
        ("groq", "openai/gpt-oss-20b", False, "groq/openai/gpt-oss-20b"),
        ("groq", "llama-3", True, "groq/llama-3"),
        ("ollama", "gpt-4", False, "ollama/gpt-4"),
        ("openrouter", "openrouter/auto", True, "openrouter/openrouter/auto"),
        ("custom", "claude-x", False, "claude-x"),
    ],
)
def test_a_listed_model_is_called_by_what_leads_back_to_it(service: str, model: str, clear: bool, spoken: str) -> None:
    row = services.find(service)._replace(title="a gateway")
    assert (is_clear(row, model), spoken_name(row, model)) == (clear, spoken)
    if service != "custom":
        found, named = find_service(ModelRequest(model=spoken), {})
        assert found and (found.name, named) == (service, model)
