"""The table that --provider reads: one row for each service or local server.

A new compatible server is one more row here and one line in `.env.example`; a person's own are in `providers.toml`.
The order of the rows is the order in which keys are looked for when a question names neither provider nor model.
"""

from __future__ import annotations

from chatbot.core.messages import AAC, AIFF, FLAC, MP3, OGG, PDF, WAV, FileLimits, ImageLimits
from chatbot.providers.service import KeyVariable, Service, UrlVariable, Wire
from chatbot.providers.table import ServiceTable

LAB = "chatbot/lab"  # the source that marks the embedded provider's rows
_WEB = ("image/jpeg", "image/png", "image/webp")
_WEB_AND_GIF = (*_WEB, "image/gif")
_RESPONSES: tuple[Wire, ...] = ("responses",)
_SOUND = (WAV, MP3)
_ANY_SOUND = (*_SOUND, AIFF, AAC, OGG, FLAC)


def _local(name: str, title: str, base_url: str | None, source: str, start_advice: str = "") -> Service:
    """A server that whoever asks it may run: it wants no key, and speaks Responses too."""
    return Service(name, title, base_url, source, other_wires=_RESPONSES, key_required=False, start_advice=start_advice)


_AZURE = Service(
    "azure",
    "Azure OpenAI",
    None,
    source="openai-python 3.52, lib/azure.py",
    schemas="strict",
    other_wires=_RESPONSES,
    key_variables=(
        KeyVariable("AZURE_OPENAI_API_KEY", "api-key"),
        KeyVariable("AZURE_API_KEY", "api-key"),
        KeyVariable("AZURE_OPENAI_AD_TOKEN"),
    ),
    url_variables=(
        UrlVariable("AZURE_BASE_URL"),
        UrlVariable("AZURE_OPENAI_BASE_URL"),
        UrlVariable("AZURE_OPENAI_ENDPOINT", "/openai/v1"),
    ),
    key_page="https://portal.azure.com",
    model_required=True,
    token_limit_field="max_completion_tokens",
    images=ImageLimits(_WEB_AND_GIF, 15_000_000, 2048),
)
# The lab's address is known once it runs inside this process; see the cli.
_LAB = Service(
    "lab",
    "the lab",
    None,
    LAB,
    other_wires=_RESPONSES,
    key_variables=(),
    url_variables=(),
    key_required=False,
    default_model="guide",
    files=FileLimits((PDF, *_ANY_SOUND)),
    reasoning_field="reasoning_content",
)

SERVICES: tuple[Service, ...] = (
    Service(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        source="openai-python 3.52",
        schemas="strict",
        other_wires=_RESPONSES,
        key_page="https://platform.openai.com/api-keys",
        key_prefixes=("sk-proj-", "sk-svcacct-", "sk-admin-"),
        default_model="gpt-6-luna",
        model_prefixes=("gpt-", "chatgpt-", "o1", "o3", "o4"),
        # Reasoning models refuse max_tokens; compatible servers mostly know nothing else.
        token_limit_field="max_completion_tokens",
        header_variables=(("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")),
        images=ImageLimits(_WEB_AND_GIF, 20_000_000, 2048),
        files=FileLimits((PDF, *_SOUND), 37_000_000),  # 50 MB a request: developers.openai.com, "File inputs"
    ),
    Service(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        source="anthropic-sdk-python 2.11; platform.claude.com, Vision",
        schemas="strict",
        wire="anthropic",
        key_variables=(KeyVariable("ANTHROPIC_API_KEY", "x-api-key"), KeyVariable("ANTHROPIC_AUTH_TOKEN")),
        key_page="https://platform.claude.com/settings/keys",
        key_prefixes=("sk-ant-",),
        default_model="claude-haiku-5-5",
        model_prefixes=("claude-",),
        seed_field="",
        images=ImageLimits(_WEB_AND_GIF, 3_750_000, 1568),
        files=FileLimits((PDF,), 23_000_000, 600),  # 32 MB a request
    ),
    Service(
        "gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        source="google-genai 3.4; ai.google.dev, Image understanding",
        schemas="strict",
        wire="gemini",
        key_variables=(
            KeyVariable("GOOGLE_API_KEY", "x-goog-api-key"),
            KeyVariable("GEMINI_API_KEY", "x-goog-api-key"),
        ),
        url_variables=(UrlVariable("GEMINI_BASE_URL"), UrlVariable("GOOGLE_GEMINI_BASE_URL", "/v1beta")),
        key_page="https://aistudio.google.com/apikey",
        key_prefixes=("AIza",),
        default_model="gemini-3.5-flash-lite",
        model_prefixes=("gemini-", "gemma-"),
        # GIF is refused by several models.
        images=ImageLimits(_WEB, 10_000_000, 2048),
        files=FileLimits((PDF, *_ANY_SOUND), 14_000_000, 1_000),  # 20 MB a request
    ),
    Service(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        source="openrouter.ai/docs",
        other_wires=_RESPONSES,
        reasoning_field="reasoning_details",
        key_page="https://openrouter.ai/settings/keys",
        key_prefixes=("sk-or-",),
        default_model="openrouter/auto",
        key_path="/key",
        images=ImageLimits(_WEB, 5_000_000, 2048),
        files=FileLimits((PDF, *_SOUND)),
    ),
    Service(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        source="console.groq.com/docs",
        schemas="strict",
        key_page="https://console.groq.com/keys",
        key_prefixes=("gsk_",),
        default_model="openai/gpt-oss-20b",
        token_limit_field="max_completion_tokens",
        # The whole request may have 4 MB in Base64.
        images=ImageLimits(("image/jpeg", "image/png"), 2_500_000, 1568),
    ),
    Service(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com",
        source="api-docs.deepseek.com; Thinking mode, Tool calls",
        reasoning_field="reasoning_content",
        schemas="none",
        other_wires=_RESPONSES,
        key_page="https://platform.deepseek.com/api_keys",
        default_model="deepseek-v4-flash",
        model_prefixes=("deepseek-",),
    ),
    Service(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        source="docs.mistral.ai/api",
        key_page="https://console.mistral.ai/api-keys",
        default_model="mistral-small-latest",
        model_prefixes=("mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-"),
        seed_field="random_seed",
        images=ImageLimits(_WEB_AND_GIF, 7_500_000, 1540),
        call_ids="[a-zA-Z0-9]{9}",
    ),
    Service(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        source="docs.x.ai",
        other_wires=_RESPONSES,
        key_page="https://console.x.ai",
        key_prefixes=("xai-",),
        default_model="grok-4-1-fast-non-reasoning",
        model_prefixes=("grok-",),
        images=ImageLimits(("image/jpeg", "image/png"), 7_500_000, 2048),
    ),
    Service(
        "together",
        "Together",
        "https://api.together.xyz/v1",
        source="docs.together.ai",
        key_page="https://api.together.ai/settings/api-keys",
        key_prefixes=("tgp_",),
        default_model="openai/gpt-oss-20b",
    ),
    Service(
        "cerebras",
        "Cerebras",
        "https://api.cerebras.ai/v1",
        source="inference-docs.cerebras.ai",
        schemas="strict",
        key_page="https://cloud.cerebras.ai",
        key_prefixes=("csk-",),
        default_model="gpt-oss-120b",
        token_limit_field="max_completion_tokens",
    ),
    Service(
        "huggingface",
        "Hugging Face",
        "https://router.huggingface.co/v1",
        source="huggingface.co/docs/inference-providers",
        key_variables=(KeyVariable("HF_TOKEN"), KeyVariable("HUGGINGFACE_API_KEY")),
        key_page="https://huggingface.co/settings/tokens",
        key_prefixes=("hf_",),
        key_path="",
        default_model="openai/gpt-oss-20b",
    ),
    Service(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        source="docs.perplexity.ai",
        tools=False,
        key_page="https://www.perplexity.ai/settings/api",
        key_prefixes=("pplx-",),
        default_model="sonar",
        model_prefixes=("sonar",),
        seed_field="",
        models_path="/v1/models",  # questions are asked without the version
    ),
    _AZURE,
    _AZURE._replace(
        name="azure-dated",
        title="Azure OpenAI (dated API)",
        url_variables=(UrlVariable("AZURE_OPENAI_ENDPOINT", "/openai"),),
        chat_path="/deployments/{model}/chat/completions",
        query_variables=(("api-version", "OPENAI_API_VERSION"),),
    ),
    _local(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        "ollama, docs/openai.md and envconfig/config.go",
        "Start it with `ollama serve`, and fetch a model with `ollama pull NAME`.",
    )._replace(
        url_variables=(UrlVariable("OLLAMA_BASE_URL"), UrlVariable("OLLAMA_HOST", "/v1", is_host=True)),
        probe=True,
        images=ImageLimits(_WEB, 10_000_000, 1568),
    ),
    _local(
        "lmstudio",
        "LM Studio",
        "http://localhost:1234/v1",
        "lmstudio.ai/docs, OpenAI compatibility",
        "Start its server with `lms server start`, or in the app under Developer.",
    )._replace(
        key_variables=(KeyVariable("LM_API_TOKEN"), KeyVariable("LMSTUDIO_API_KEY")),
        probe=True,
        images=ImageLimits(_WEB, 10_000_000, 1568),
    ),
    _local(
        "llamacpp",
        "llama.cpp",
        "http://localhost:9931/v1",
        "llama.cpp, tools/server/README.md",
        "Start it with `llama-server -m MODEL.gguf`.",
    )._replace(
        key_variables=(KeyVariable("LLAMA_API_KEY"), KeyVariable("LLAMACPP_API_KEY")),
        other_base_urls=("http://localhost:8080/v1",),  # the default port before autumn 2026
        probe=True,
        images=ImageLimits(("image/jpeg", "image/png"), 10_000_000, 1568),
        files=FileLimits(_SOUND),
    ),
    _local(
        "vllm",
        "vLLM",
        "http://localhost:8000/v1",
        "docs.vllm.ai, OpenAI-compatible server",
        "Start it with `vllm serve MODEL`.",
    )._replace(files=FileLimits(_SOUND)),
    _local("custom", "the server at --base-url", None, "whatever speaks Chat Completions, or Responses"),
    _LAB,
    _LAB._replace(name="lab-responses", wire="responses", other_wires=("openai",)),
    _LAB._replace(name="lab-anthropic", wire="anthropic", other_wires=(), seed_field=""),
    _LAB._replace(name="lab-gemini", wire="gemini", other_wires=()),
)

ALIASES = {
    "google": "gemini",
    "claude": "anthropic",
    "hf": "huggingface",
    "grok": "xai",
    "llama.cpp": "llamacpp",
    "llama-cpp": "llamacpp",
    "lm-studio": "lmstudio",
}

SHIPPED = ServiceTable(SERVICES, ALIASES)
BY_NAME = SHIPPED.by_name
find = SHIPPED.find
