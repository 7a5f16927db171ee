"""Lists of models: what each service says of a model in its own way, by the shape of what it says, whoever says it.

Sources: the reference of each service's list of models, and recorded lists. The fields:

    name            id; name (Gemini, Cohere); key (LM Studio's own list); a bare text
    context         context_length (OpenRouter, Together, Baseten, Cohere), context_window (Groq), max_context_length
                    (Mistral, LM Studio), max_input_tokens (Anthropic), inputTokenLimit (Gemini), max_model_len (vLLM),
                    meta.n_ctx (llama.cpp); of Hugging Face the largest of its providers
    output          max_completion_tokens (Groq, Baseten), top_provider.max_completion_tokens (OpenRouter), max_tokens
                    (Anthropic), outputTokenLimit (Gemini)
    capabilities    lists of words, flags, or objects `{"supported": ...}`
    prices          pricing.prompt, .completion: USD a token (OpenRouter, Baseten); pricing.input, .output: USD per
                    million (Together, Perplexity, Hugging Face)

What a server says beyond that is passed over, and so is a model that cannot answer, where the server says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode, urlsplit

from chatbot.core.models.listed import MAX_NAME_CHARS, ListedModel
from chatbot.providers.numbers import integer
from chatbot.records import NamedTuple

MAX_MODELS = 10_000
_MILLION = 1_000_000
_MAX_USD = 1_000_000  # per million tokens; what is beyond that was meant otherwise

# The first of these that is a number of tokens.
_CONTEXT = (
    "loaded_context_length context_length context_window max_input_tokens inputTokenLimit max_model_len meta.n_ctx "
    "top_provider.context_length max_context_length meta.n_ctx_train"
).split()
_OUTPUT = "max_completion_tokens top_provider.max_completion_tokens max_output_tokens outputTokenLimit".split()

# Where a list names all that a model has of something, and the words for it.
_IN_LISTS = {
    "images": {
        "architecture.input_modalities": "image",
        "input_modalities": "image",
        "capabilities": "vision multimodal",
        "features": "vision",
    },
    "tools": {
        "supported_parameters": "tools",
        "supported_features": "tools",
        "capabilities": "tools tool_use",
        "features": "tools",
    },
    "schema": {"supported_parameters": "structured_outputs", "supported_features": "structured_outputs"},
    "reasoning": {"supported_parameters": "reasoning", "supported_features": "reasoning", "capabilities": "thinking"},
}
# What these lists leave out is not said: LM Studio names vision elsewhere, llama.cpp nothing but images.
_OPEN_LISTS = {("images", "capabilities"), ("tools", "capabilities"), ("reasoning", "capabilities")}
_FLAGS = {
    "images": "capabilities.vision capabilities.image_input.supported",
    "tools": "capabilities.function_calling capabilities.trained_for_tool_use",
    "schema": "capabilities.structured_outputs.supported",
    "reasoning": "thinking capabilities.thinking.supported capabilities.reasoning",
}
# Where it stands what a model is for, and what must be among it.
_ANSWERS = {
    "supportedGenerationMethods": "generateContent",
    "endpoints": "chat",
    "architecture.output_modalities": "text",
    "output_modalities": "text",
}
_OTHER_KINDS = frozenset("embedding embeddings image audio video rerank moderation transcribe tts".split())


class ModelPage(NamedTuple):
    """The models of one answer, and the query that asks for those after it; empty when these are the last."""

    models: tuple[ListedModel, ...]
    next_query: str = ""


def read_page(document: Any, after_parameter: str) -> ModelPage:
    """The models in one answer, in the server's order, each once. `after_parameter` is the wire format's word for the
    last one seen.
    """
    found: dict[str, ListedModel] = {}
    for entry in _entries(document)[:MAX_MODELS]:
        model = read_entry(entry)
        if model is not None:
            found.setdefault(model.name, model)
    return ModelPage(tuple(found.values()), _next_query(document, after_parameter))


def read_entry(entry: Any) -> ListedModel | None:
    """One model; None where it has no name, or cannot answer."""
    if isinstance(entry, str):
        entry = {"id": entry}
    name = _name(entry)
    if not name or not _can_answer(entry):
        return None
    served = [part for part in _list(entry, "providers") if isinstance(part, dict)]  # Hugging Face
    input_usd, output_usd = _prices(entry, served)
    images = _capability("images", entry)
    return ListedModel(
        name,
        _tokens(entry, _CONTEXT) or max((_tokens(part, _CONTEXT) or 0 for part in served), default=0) or None,
        _tokens(entry, _OUTPUT) or (_tokens(entry, ["max_tokens"]) if "max_input_tokens" in entry else None),
        True if images is None and entry.get("type") == "vlm" else images,  # LM Studio's older list
        _first(_capability("tools", entry), _any_of(served, "supports_tools")),
        _first(_capability("schema", entry), _any_of(served, "supports_structured_output")),
        _capability("reasoning", entry),
        input_usd,
        output_usd,
    )


def with_more(models: Iterable[ListedModel], told: Iterable[ListedModel]) -> list[ListedModel]:
    """The models, with what else was told of those of the same name; that is known better where it is known."""
    more = {model.name: model for model in told}
    return [_overlaid(model, more[model.name]) if model.name in more else model for model in models]


def _overlaid(model: ListedModel, better: ListedModel) -> ListedModel:
    return model._replace(**{field: value for field, value in better._asdict().items() if value not in (None, "")})


def _entries(document: Any) -> list[Any]:
    """The list in a document: the document itself (Together), `data`, or `models`; of llama.cpp, which has both, what
    only `models` says is added.
    """
    if not isinstance(document, dict):
        return document if isinstance(document, list) else []
    rows = _list(document, "data")
    models = _list(document, "models")
    if not rows:
        return models
    extra = {_name(entry): entry for entry in models if isinstance(entry, dict)}
    return [{**extra.get(_name(row), {}), **row} if isinstance(row, dict) else row for row in rows]


def _next_query(document: Any, after_parameter: str) -> str:
    if not isinstance(document, dict):
        return ""
    for field, parameter in (("nextPageToken", "pageToken"), ("next_page_token", "page_token")):
        if isinstance(token := document.get(field), str) and token:
            return urlencode({parameter: token})
    last = document.get("last_id")
    if document.get("has_more") is True and isinstance(last, str) and last:
        return urlencode({after_parameter: last})
    following = _at(document, "links.next")  # OpenRouter's list when it is filtered
    try:
        return urlsplit(following).query if isinstance(following, str) else ""
    except ValueError:
        return ""


def _name(entry: Any) -> str:
    """The name, without the prefix that Google writes before all of its own; empty where nobody could type it."""
    if not isinstance(entry, dict):
        return ""
    named = (entry.get(key) for key in ("id", "key", "name"))
    name = next((name for name in named if isinstance(name, str) and name), "")
    if name is entry.get("name"):
        name = name.removeprefix("models/")
    return name if len(name) <= MAX_NAME_CHARS and name.isprintable() else ""


def _can_answer(entry: Mapping[str, Any]) -> bool:
    """Whether the server does not say that it is for something else, or asleep."""
    if entry.get("active") is False or _at(entry, "capabilities.completion_chat") is False:
        return False
    kind = entry.get("type")
    if isinstance(kind, str) and kind.lower() in _OTHER_KINDS:
        return False
    words = _list(entry, "capabilities")
    if (
        any(word in ("embedding", "embeddings") for word in words if isinstance(word, str))
        and "completion" not in words
    ):
        return False  # Ollama
    return all(word in _list(entry, path) for path, word in _ANSWERS.items() if _list(entry, path))


def _capability(which: str, entry: Mapping[str, Any]) -> bool | None:
    for path in _FLAGS[which].split():
        if isinstance(flag := _at(entry, path), bool):
            return flag
    for path, words in _IN_LISTS[which].items():
        listed = _at(entry, path)
        if isinstance(listed, list):
            if any(word in listed for word in words.split()):
                return True
            if (which, path) not in _OPEN_LISTS:
                return False
    return None


def _prices(entry: Mapping[str, Any], served: list[dict[str, Any]]) -> tuple[Decimal | None, Decimal | None]:
    """USD per million tokens, in and out; nothing where several providers of a model differ, since one of them will be
    chosen.
    """
    if not served:
        return _priced(entry)
    prices = {_priced(part) for part in served}
    return prices.pop() if len(prices) == 1 else (None, None)


def _priced(entry: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    pricing = entry.get("pricing")
    if not isinstance(pricing, dict) or pricing.get("unit", "usd_per_1m_tokens") != "usd_per_1m_tokens":
        return None, None
    if "prompt" in pricing:
        return _usd(pricing.get("prompt"), _MILLION), _usd(pricing.get("completion"), _MILLION)
    found = _usd(pricing.get("input"), 1), _usd(pricing.get("output"), 1)
    # Together writes zeros where it has no price for tokens.
    return (None, None) if not any(found) and not str(entry.get("id", "")).lower().endswith("free") else found


def _usd(value: Any, times: int) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        price = Decimal(str(value)[:40]) * times
    except (InvalidOperation, ValueError):
        return None
    return price.normalize() if price.is_finite() and 0 <= price <= _MAX_USD else None  # OpenRouter: -1 varies


def _tokens(entry: Mapping[str, Any], paths: Iterable[str]) -> int | None:
    return next((count for path in paths if (count := integer(_at(entry, path)))), None)


def _at(entry: Any, path: str) -> Any:
    """The value at a way of names with dots between them; None where it leads nowhere."""
    for name in path.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _list(entry: Any, path: str) -> list[Any]:
    found = _at(entry, path)
    return found if isinstance(found, list) else []


def _first(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)


def _any_of(parts: Iterable[Mapping[str, Any]], flag: str) -> bool | None:
    said = [part[flag] for part in parts if isinstance(part.get(flag), bool)]
    return any(said) if said else None
