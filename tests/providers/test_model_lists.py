"""What each service says of its models: recorded lists, shortened, and the shapes that documentation shows.

`recorded_lists/` holds a list of each service, named after it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from chatbot.core.models.listed import MAX_NAME_CHARS, ListedModel, as_json, from_json
from chatbot.core.options import Endpoint
from chatbot.providers import model_lists
from chatbot.providers.model_lists import ModelPage, read_page
from chatbot.providers.wires.model_details import detail_requests, read_detail
from tests.any_json import HUGE, NUMBERS, PLAIN, any_json
from tests.tables import each

FOLDER = Path(__file__).parent / "recorded_lists"
M = ListedModel


def usd(text: str) -> Decimal:
    return Decimal(text)


def listed(name: str, context_window: int, max_output_tokens: int, can: str, usd_in_and_out: str = "") -> ListedModel:
    """`can`: what the list says that it can (+) or cannot (-) do; of what is not there the list says nothing."""
    facts: dict[str, Any] = {word[1:]: word[0] == "+" for word in can.split()}
    if usd_in_and_out:
        facts["input_usd"], facts["output_usd"] = map(Decimal, usd_in_and_out.split("/"))
    return M(name, context_window, max_output_tokens, **facts)


RECORDED: dict[str, list[ListedModel]] = {
    "alibaba": [
        M("qwen3.8-max"),
        M("qwen-turbo"),
    ],
    "anthropic": [
        listed("claude-opus-4-8", 1000000, 128000, "+images +schema +reasoning"),
        listed("claude-sonnet-4-20250514", 1000000, 64000, "+images -schema +reasoning"),
    ],
    "baseten": [
        listed("openai/gpt-oss-120b", 128072, 128072, "-images +tools +schema +reasoning", "0.1/0.5"),
        listed("deepseek-ai/DeepSeek-V4-Pro-0813", 1048576, 262144, "-images +tools +schema +reasoning", "1.32/3.96"),
    ],
    "cerebras": [
        M("zai-glm-4.7"),
        M("gemma-4-31b"),
        M("gpt-oss-120b"),
    ],
    "cohere": [
        M("c4ai-aya-vision-32b", context_window=16384, images=True, tools=False),
        M("tiny-aya-water", context_window=8192, images=False, tools=True),
    ],
    "deepseek": [
        M("deepseek-v4-flash"),
        M("deepseek-v4-pro"),
    ],
    "gemini": [
        M("gemini-2.5-flash", context_window=1048576, max_output_tokens=65536, reasoning=True),
        M("gemma-3-1b-it", context_window=32768, max_output_tokens=8192),
    ],
    "groq": [
        M("whisper-large-v3-turbo", context_window=448, max_output_tokens=448),
        M("llama3-8b-8192", context_window=8192, max_output_tokens=8192),
        M("deepseek-r1-distill-llama-70b", context_window=131072, max_output_tokens=131072),
    ],
    "llamacpp": [
        M("unsloth/Qwen3.5-2B-GGUF", context_window=16384, images=True),
    ],
    "mistral": [
        M("mistral-medium-2505", context_window=131072, images=True, tools=True),
        M("codestral-latest", context_window=256000, images=False, tools=True),
        M("magistral-medium-latest", context_window=131072, images=True, tools=True),
        M("voxtral-mini-latest", context_window=32768, images=False, tools=False),
    ],
    "ollama-tags": [
        M("gemma4:e2b"),
        M("gemma3:4b"),
        M("gemma3:1b"),
        M("qwen3.5:2b"),
    ],
    "openai": [
        M("gpt-4"),
        M("o3-pro"),
        M("gpt-4o"),
        M("gpt-4.1-mini"),
        M("text-embedding-ada-002"),
    ],
    "openrouter": [
        listed("openai/gpt-5-nano", 400000, 128000, "+images +tools +schema +reasoning", "0.05/0.4"),
        listed("anthropic/claude-sonnet-4", 1000000, 64000, "+images +tools -schema +reasoning", "3/15"),
        listed("openai/gpt-4.1-mini", 1047576, 32768, "+images +tools +schema -reasoning", "0.4/1.6"),
        listed("openai/gpt-4o", 128000, 16384, "+images +tools +schema -reasoning", "2.5/10"),
        listed("openai/gpt-3.5-turbo", 16385, 4096, "-images +tools +schema -reasoning", "0.5/1.5"),
    ],
    "perplexity": [
        M("anthropic/claude-haiku-4-5", input_usd=usd("1"), output_usd=usd("5")),
        M("xai/grok-4.5", input_usd=usd("2"), output_usd=usd("6")),
    ],
    "pollinations": [],
    "xiaomi": [
        M("mimo-v2.5"),
        M("mimo-v2.5-asr"),
        M("mimo-v2.5-pro"),
        M("mimo-v2.5-tts"),
        M("mimo-v2.5-tts-voiceclone"),
        M("mimo-v2.5-tts-voicedesign"),
    ],
}


@each("service", RECORDED)
def test_a_recorded_list_is_read_as_its_service_means_it(service: str) -> None:
    document = json.loads((FOLDER / f"{service}.json").read_bytes())
    assert list(read_page(document, "after").models) == RECORDED[service]


def test_every_recorded_list_is_read() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(RECORDED)


# From the reference of each service: lists that no recording has.
DOCUMENTED: dict[str, tuple[Any, list[ListedModel]]] = {
    "Together: a bare array; zeros where tokens have no price, unless the model is called free": (
        [
            {
                "id": "a/b",
                "type": "chat",
                "context_length": 2048,
                "pricing": {"hourly": 0, "input": 0.3, "output": 0.6},
            },
            {"id": "a/priceless", "type": "chat", "context_length": 0, "pricing": {"input": 0, "output": 0}},
            {"id": "a/llama-Free", "type": "chat", "pricing": {"input": 0, "output": 0}},
            {"id": "a/flux", "type": "image"},
            {"id": "a/code", "type": "code"},
        ],
        [
            M("a/b", context_window=2048, input_usd=usd("0.3"), output_usd=usd("0.6")),
            M("a/priceless"),
            M("a/llama-Free", input_usd=usd("0"), output_usd=usd("0")),
            M("a/code"),
        ],
    ),
    "Hugging Face: several providers of a model; a price only where they agree": (
        {
            "data": [
                {
                    "id": "openai/gpt-oss-20b",
                    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
                    "providers": [
                        {
                            "provider": "groq",
                            "context_length": 131072,
                            "pricing": {"input": 0.1, "output": 0.5},
                            "supports_tools": True,
                            "supports_structured_output": True,
                        },
                        {
                            "provider": "other",
                            "context_length": 8192,
                            "pricing": {"input": 0.05, "output": 0.2},
                            "supports_tools": False,
                        },
                        {"provider": "mute"},
                    ],
                },
                {"id": "a/b", "providers": [{"pricing": {"input": 1, "output": 2}}]},
            ]
        },
        [
            M("openai/gpt-oss-20b", context_window=131072, images=False, tools=True, schema=True),
            M("a/b", input_usd=usd("1"), output_usd=usd("2")),
        ],
    ),
    "OpenRouter: a price that varies is none": (
        {
            "data": [
                {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}, "context_length": 2000000}
            ]
        },
        [M("openrouter/auto", context_window=2000000)],
    ),
    "vLLM": (
        {"data": [{"id": "qwen", "object": "model", "max_model_len": 32768, "root": "qwen"}]},
        [M("qwen", context_window=32768)],
    ),
    "LM Studio, v0": (
        {
            "data": [
                {"id": "qwen2-vl", "type": "vlm", "max_context_length": 32768, "capabilities": ["tool_use"]},
                {"id": "llama", "type": "llm", "max_context_length": 131072, "loaded_context_length": 4096},
                {"id": "nomic", "type": "embeddings", "max_context_length": 2048},
            ]
        },
        [M("qwen2-vl", context_window=32768, images=True, tools=True), M("llama", context_window=4096)],
    ),
    "LM Studio, v1": (
        {
            "models": [
                {
                    "type": "llm",
                    "key": "google/gemma",
                    "max_context_length": 131072,
                    "capabilities": {"vision": True, "trained_for_tool_use": False},
                },
                {"type": "embedding", "key": "nomic", "max_context_length": 2048},
            ]
        },
        [M("google/gemma", context_window=131072, images=True, tools=False)],
    ),
    "Ollama without any": ({"object": "list", "data": None}, []),
    "a price in another unit": ({"data": [{"id": "a", "pricing": {"input": 1, "output": 2, "unit": "eur"}}]}, [M("a")]),
}


@each("which", DOCUMENTED)
def test_a_list_is_read_as_its_documentation_shows_it(which: str) -> None:
    document, models = DOCUMENTED[which]
    assert list(read_page(document, "after").models) == models


@each(
    ("document", "after", "query"),
    [
        ({"data": [{"id": "a"}], "has_more": True, "last_id": "a b&c"}, "after_id", "after_id=a+b%26c"),
        ({"data": [{"id": "a"}], "has_more": True, "last_id": "model-id-1"}, "after", "after=model-id-1"),
        ({"data": [{"id": "a"}], "has_more": False, "last_id": "a"}, "after_id", ""),
        ({"data": [{"id": "a"}], "has_more": True}, "after_id", ""),
        ({"models": [], "nextPageToken": "x="}, "after", "pageToken=x%3D"),
        ({"models": [], "next_page_token": "y"}, "after", "page_token=y"),
        ({"data": [], "links": {"next": "/api/v1/models?offset=50"}}, "after", "offset=50"),
        ({"data": [], "links": {"next": "https://[elsewhere/models?offset=50"}}, "after", ""),
        ({"data": [], "links": {"next": None}}, "after", ""),
        ([{"id": "a"}], "after", ""),
    ],
)
def test_the_next_page_is_asked_for_as_the_server_says(document: Any, after: str, query: str) -> None:
    assert read_page(document, after).next_query == query


def test_a_name_comes_once_and_one_that_nobody_could_type_does_not() -> None:
    document = {
        "data": [
            {"id": "a"},
            {"id": "a", "context_length": 5},
            {"id": "x" * (MAX_NAME_CHARS + 1)},
            {"id": "b\x1b[2J"},
            {"id": ""},
        ]
    }
    assert read_page(document, "after") == ModelPage((M("a"),))


# Every word that a reader looks for, so that random documents get past the first look.
WORDS = sorted(
    {
        part
        for path in [
            *model_lists._CONTEXT,
            *model_lists._OUTPUT,
            *model_lists._ANSWERS,
            *(path for paths in model_lists._IN_LISTS.values() for path in paths),
            *(path for paths in model_lists._FLAGS.values() for path in paths.split()),
        ]
        for part in path.split(".")
    }
    | set(
        "data models id key name type active providers pricing prompt completion input output unit links next has_more "
        "last_id nextPageToken next_page_token supports_tools supports_structured_output model_info "
        "default_generation_settings modalities chat_template_caps vision n_ctx a.context_length max_tokens "
        "completion_chat error".split()
    )
)
documents = any_json(
    WORDS, often=[*WORDS, "0.0000001", "1e999", "-1", "nan"], values=(*PLAIN, HUGE), numbers=NUMBERS, most_members=5
)


def in_a_list(entry: Any) -> Any:
    return {"data": [entry if not isinstance(entry, dict) else {"id": "m", **entry}]}


@settings(max_examples=400)
@given(document=documents | documents.map(in_a_list))
def test_whatever_json_a_server_sends_is_a_list_of_models_that_can_be_kept(document: Any) -> None:
    page = read_page(document, "after")
    for model in page.models:
        assert model.name and isinstance(model.name, str)
        assert from_json(json.loads(json.dumps(as_json(model)))) == model
        assert model.input_usd is None or 0 <= model.input_usd < 10**7
    assert isinstance(page.next_query, str)
    for name in ("", "m"):
        assert all(isinstance(model, ListedModel) for model in read_detail(document, name))


@given(document=documents)
def test_what_is_kept_of_a_model_is_a_model_or_a_value_error(document: Any) -> None:
    try:
        assert from_json(document).name
    except ValueError:
        pass


OLLAMA_SHOW = {
    "details": {"family": "gemma3"},
    "model_info": {"general.architecture": "gemma3", "gemma3.context_length": 131072, "gemma3.block_count": 34},
    "capabilities": ["completion", "vision"],
}
LLAMA_PROPS = {
    "default_generation_settings": {"id": 0, "n_ctx": 8192, "params": {}},
    "total_slots": 1,
    "modalities": {"vision": False, "audio": False},
    "chat_template_caps": {"supports_tools": True, "supports_tool_calls": True},
}


@each(
    ("document", "told"),
    [
        (OLLAMA_SHOW, [M("m", context_window=131072, images=True, tools=False, reasoning=False)]),
        ({**OLLAMA_SHOW, "capabilities": ["embedding"]}, []),
        (LLAMA_PROPS, [M("m", context_window=8192, images=False, tools=True)]),
        ({"default_generation_settings": {}}, [M("m")]),
        ({"error": "no"}, []),
    ],
)
def test_local_servers_tell_more_of_a_model(document: Any, told: list[ListedModel]) -> None:
    assert read_detail(document, "m") == told


@each(
    ("service", "names", "asked"),
    [
        ("ollama", ["a", "b"], [("POST", "http://h/api/show", "a"), ("POST", "http://h/api/show", "b")]),
        ("llamacpp", ["a"], [("GET", "http://h/props", "a")]),
        ("llamacpp", ["a", "b"], []),
        ("lmstudio", ["a"], [("GET", "http://h/api/v0/models", ""), ("GET", "http://h/api/v1/models", "")]),
        ("openai", ["a"], []),
    ],
)
def test_only_local_servers_are_asked_for_more(
    service: str, names: list[str], asked: list[tuple[str, str, str]]
) -> None:
    found = detail_requests(service, Endpoint("http://h/v1", ("Authorization", "Bearer k")), names)
    assert [(request.method, request.url, name) for request, name in found] == asked
    assert all(request.headers["Authorization"] == "Bearer k" for request, _ in found)
