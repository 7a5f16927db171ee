"""The table that --provider reads: one row for each service or local server.

A new compatible server is one more row here and one line in `.env.example`. The order of the rows is the order in
which keys are looked for when a question names neither provider nor model.
"""

from __future__ import annotations

from chatbot.core.errors import UsageError
from chatbot.core.messages import ImageLimits
from chatbot.providers.service import KeyVariable, Service, UrlVariable

LAB = "chatbot/lab"  # the source that marks the embedded provider's rows
_WEB = ("image/jpeg", "image/png", "image/webp")
_WEB_AND_GIF = (*_WEB, "image/gif")
_AZURE_KEYS = (
    KeyVariable("AZURE_OPENAI_API_KEY", "api-key"),
    KeyVariable("AZURE_API_KEY", "api-key"),
    KeyVariable("AZURE_OPENAI_AD_TOKEN"),
)

SERVICES: tuple[Service, ...] = (
    Service(
        "openai",
        "OpenAI",
        "openai",
        "https://api.openai.com/v1",
        (KeyVariable("OPENAI_API_KEY"),),
        (UrlVariable("OPENAI_BASE_URL"),),
        source="openai-python 3.52",
        key_page="https://platform.openai.com/api-keys",
        default_model="gpt-6-luna",
        model_prefixes=("gpt-", "chatgpt-", "o1", "o3", "o4"),
        # Reasoning models refuse max_tokens; compatible servers mostly know nothing else.
        token_limit_field="max_completion_tokens",
        header_variables=(("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")),
        images=ImageLimits(_WEB_AND_GIF, 20_000_000, 2048),
    ),
    Service(
        "anthropic",
        "Anthropic",
        "anthropic",
        "https://api.anthropic.com",
        (KeyVariable("ANTHROPIC_API_KEY", "x-api-key"), KeyVariable("ANTHROPIC_AUTH_TOKEN")),
        (UrlVariable("ANTHROPIC_BASE_URL"),),
        source="anthropic-sdk-python 2.11; platform.claude.com, Vision",
        key_page="https://platform.claude.com/settings/keys",
        default_model="claude-haiku-5-5",
        model_prefixes=("claude-",),
        seed_field="",
        images=ImageLimits(_WEB_AND_GIF, 3_750_000, 1568),
    ),
    Service(
        "gemini",
        "Google Gemini",
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        (KeyVariable("GOOGLE_API_KEY", "x-goog-api-key"), KeyVariable("GEMINI_API_KEY", "x-goog-api-key")),
        (UrlVariable("GEMINI_BASE_URL"), UrlVariable("GOOGLE_GEMINI_BASE_URL", "/v1beta")),
        source="google-genai 3.4; ai.google.dev, Image understanding",
        key_page="https://aistudio.google.com/apikey",
        default_model="gemini-3.5-flash-lite",
        model_prefixes=("gemini-", "gemma-"),
        # GIF is refused by several models.
        images=ImageLimits(_WEB, 10_000_000, 2048),
    ),
    Service(
        "openrouter",
        "OpenRouter",
        "openai",
        "https://openrouter.ai/api/v1",
        (KeyVariable("OPENROUTER_API_KEY"),),
        (UrlVariable("OPENROUTER_BASE_URL"),),
        source="openrouter.ai/docs",
        key_page="https://openrouter.ai/settings/keys",
        default_model="openrouter/auto",
        images=ImageLimits(_WEB, 5_000_000, 2048),
    ),
    Service(
        "groq",
        "Groq",
        "openai",
        "https://api.groq.com/openai/v1",
        (KeyVariable("GROQ_API_KEY"),),
        (UrlVariable("GROQ_BASE_URL"),),
        source="console.groq.com/docs",
        key_page="https://console.groq.com/keys",
        default_model="openai/gpt-oss-20b",
        token_limit_field="max_completion_tokens",
        # The whole request may have 4 MB in Base64.
        images=ImageLimits(("image/jpeg", "image/png"), 2_500_000, 1568),
    ),
    Service(
        "deepseek",
        "DeepSeek",
        "openai",
        "https://api.deepseek.com",
        (KeyVariable("DEEPSEEK_API_KEY"),),
        (UrlVariable("DEEPSEEK_BASE_URL"),),
        source="api-docs.deepseek.com",
        key_page="https://platform.deepseek.com/api_keys",
        default_model="deepseek-v4-flash",
        model_prefixes=("deepseek-",),
    ),
    Service(
        "mistral",
        "Mistral",
        "openai",
        "https://api.mistral.ai/v1",
        (KeyVariable("MISTRAL_API_KEY"),),
        (UrlVariable("MISTRAL_BASE_URL"),),
        source="docs.mistral.ai/api",
        key_page="https://console.mistral.ai/api-keys",
        default_model="mistral-small-latest",
        model_prefixes=("mistral-", "ministral-", "magistral-", "codestral-", "devstral-", "pixtral-"),
        seed_field="random_seed",
        images=ImageLimits(_WEB_AND_GIF, 7_500_000, 1540),
    ),
    Service(
        "xai",
        "xAI",
        "openai",
        "https://api.x.ai/v1",
        (KeyVariable("XAI_API_KEY"),),
        (UrlVariable("XAI_BASE_URL"),),
        source="docs.x.ai",
        key_page="https://console.x.ai",
        default_model="grok-4-1-fast-non-reasoning",
        model_prefixes=("grok-",),
        images=ImageLimits(("image/jpeg", "image/png"), 7_500_000, 2048),
    ),
    Service(
        "together",
        "Together",
        "openai",
        "https://api.together.xyz/v1",
        (KeyVariable("TOGETHER_API_KEY"),),
        (UrlVariable("TOGETHER_BASE_URL"),),
        source="docs.together.ai",
        key_page="https://api.together.ai/settings/api-keys",
        default_model="openai/gpt-oss-20b",
    ),
    Service(
        "cerebras",
        "Cerebras",
        "openai",
        "https://api.cerebras.ai/v1",
        (KeyVariable("CEREBRAS_API_KEY"),),
        (UrlVariable("CEREBRAS_BASE_URL"),),
        source="inference-docs.cerebras.ai",
        key_page="https://cloud.cerebras.ai",
        default_model="gpt-oss-120b",
        token_limit_field="max_completion_tokens",
    ),
    Service(
        "huggingface",
        "Hugging Face",
        "openai",
        "https://router.huggingface.co/v1",
        (KeyVariable("HF_TOKEN"), KeyVariable("HUGGINGFACE_API_KEY")),
        (UrlVariable("HUGGINGFACE_BASE_URL"),),
        source="huggingface.co/docs/inference-providers",
        key_page="https://huggingface.co/settings/tokens",
        default_model="openai/gpt-oss-20b",
    ),
    Service(
        "perplexity",
        "Perplexity",
        "openai",
        "https://api.perplexity.ai",
        (KeyVariable("PERPLEXITY_API_KEY"),),
        (UrlVariable("PERPLEXITY_BASE_URL"),),
        source="docs.perplexity.ai",
        key_page="https://www.perplexity.ai/settings/api",
        default_model="sonar",
        model_prefixes=("sonar",),
        seed_field="",
    ),
    Service(
        "azure",
        "Azure OpenAI",
        "openai",
        None,
        _AZURE_KEYS,
        (
            UrlVariable("AZURE_BASE_URL"),
            UrlVariable("AZURE_OPENAI_BASE_URL"),
            UrlVariable("AZURE_OPENAI_ENDPOINT", "/openai/v1"),
        ),
        source="openai-python 3.52, lib/azure.py",
        key_page="https://portal.azure.com",
        model_required=True,
        token_limit_field="max_completion_tokens",
        images=ImageLimits(_WEB_AND_GIF, 15_000_000, 2048),
    ),
    Service(
        "azure-dated",
        "Azure OpenAI (dated API)",
        "openai",
        None,
        _AZURE_KEYS,
        (UrlVariable("AZURE_OPENAI_ENDPOINT", "/openai"),),
        source="openai-python 3.52, lib/azure.py",
        key_page="https://portal.azure.com",
        model_required=True,
        token_limit_field="max_completion_tokens",
        chat_path="/deployments/{model}/chat/completions",
        query_variables=(("api-version", "OPENAI_API_VERSION"),),
        images=ImageLimits(_WEB_AND_GIF, 15_000_000, 2048),
    ),
    Service(
        "ollama",
        "Ollama",
        "openai",
        "http://localhost:11434/v1",
        (KeyVariable("OLLAMA_API_KEY"),),
        (UrlVariable("OLLAMA_BASE_URL"), UrlVariable("OLLAMA_HOST", "/v1", is_host=True)),
        source="ollama, docs/openai.md and envconfig/config.go",
        key_required=False,
        start_advice="Start it with `ollama serve`, and fetch a model with `ollama pull NAME`.",
        probe=True,
        images=ImageLimits(_WEB, 10_000_000, 1568),
    ),
    Service(
        "lmstudio",
        "LM Studio",
        "openai",
        "http://localhost:1234/v1",
        (KeyVariable("LM_API_TOKEN"), KeyVariable("LMSTUDIO_API_KEY")),
        (UrlVariable("LMSTUDIO_BASE_URL"),),
        source="lmstudio.ai/docs, OpenAI compatibility",
        key_required=False,
        start_advice="Start its server with `lms server start`, or in the app under Developer.",
        probe=True,
        images=ImageLimits(_WEB, 10_000_000, 1568),
    ),
    Service(
        "llamacpp",
        "llama.cpp",
        "openai",
        "http://localhost:9931/v1",
        (KeyVariable("LLAMA_API_KEY"), KeyVariable("LLAMACPP_API_KEY")),
        (UrlVariable("LLAMACPP_BASE_URL"),),
        source="llama.cpp, tools/server/README.md",
        key_required=False,
        other_base_urls=("http://localhost:8080/v1",),  # the default port before autumn 2026
        start_advice="Start it with `llama-server -m MODEL.gguf`.",
        probe=True,
        images=ImageLimits(("image/jpeg", "image/png"), 10_000_000, 1568),
    ),
    Service(
        "vllm",
        "vLLM",
        "openai",
        "http://localhost:8000/v1",
        (KeyVariable("VLLM_API_KEY"),),
        (UrlVariable("VLLM_BASE_URL"),),
        source="docs.vllm.ai, OpenAI-compatible server",
        key_required=False,
        start_advice="Start it with `vllm serve MODEL`.",
    ),
    Service(
        "custom",
        "the server at --base-url",
        "openai",
        None,
        (KeyVariable("CUSTOM_API_KEY"),),
        (UrlVariable("CUSTOM_BASE_URL"),),
        source="whatever speaks Chat Completions",
        key_required=False,
    ),
    # The lab's address is known once it runs inside this process; see the cli.
    Service("lab", "the lab", "openai", None, (), (), LAB, key_required=False, default_model="guide"),
    Service(
        "lab-anthropic",
        "the lab",
        "anthropic",
        None,
        (),
        (),
        LAB,
        key_required=False,
        default_model="guide",
        seed_field="",
    ),
    Service("lab-gemini", "the lab", "gemini", None, (), (), LAB, key_required=False, default_model="guide"),
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

BY_NAME = {service.name: service for service in SERVICES}


def find(name: str) -> Service:
    """The service of that name or alias, in any case. Raises UsageError, with the nearest names, when there is none."""
    wanted = name.strip().lower()
    service = BY_NAME.get(ALIASES.get(wanted, wanted))
    if service is None:
        import difflib  # loads slowly, and only a mistake needs it

        near = difflib.get_close_matches(wanted, [*BY_NAME, *ALIASES], 3)
        raise UsageError(
            f"there is no provider {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else ""),
            advice="Known providers: " + ", ".join(row for row in BY_NAME if not row.startswith("lab-")) + ".",
        )
    return service
