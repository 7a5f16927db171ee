"""What local servers tell of their models on addresses of their own, beside the compatible list.

Sources: ollama, docs/api.md, "Show model information"; llama.cpp, tools/server/README.md, "GET /props";
lmstudio.ai/docs, REST API v1 and v0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.core.models.listed import ListedModel
from chatbot.core.options import Endpoint
from chatbot.core.request import HttpRequest
from chatbot.providers.model_lists import read_entry, read_page
from chatbot.providers.wires.base import get, post
from chatbot.records import NamedTuple

MAX_ASKED_ABOUT = 100  # models, each with a request of its own


class Detail(NamedTuple):
    """A request, and the model it is about; empty where it is about all."""

    request: HttpRequest
    model: str = ""


def detail_requests(service: str, endpoint: Endpoint, names: Sequence[str]) -> list[Detail]:
    """The requests that tell more; none for most services."""
    root = endpoint._replace(base_url=endpoint.base_url.removesuffix("/v1"))
    match service:
        case "ollama":
            return [
                Detail(post(root, "/api/show", {"model": name}, {}, stream=False), name)
                for name in names[:MAX_ASKED_ABOUT]
            ]
        case "llamacpp" if len(names) == 1:  # it tells of the one that is loaded
            return [Detail(get(root, "/props", {}), names[0])]
        case "lmstudio":
            return [Detail(get(root, path, {})) for path in ("/api/v0/models", "/api/v1/models")]
    return []


def read_detail(document: Any, name: str) -> list[ListedModel]:
    """What an answer to one of these requests tells. A model that cannot answer is left out."""
    if not name:
        return list(read_page(document, "").models)
    entry = _entry(document, name) if isinstance(document, dict) else None
    model = read_entry(entry) if entry else None
    return [model] if model else []


def _entry(document: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The answer in the form of a list's entry."""
    info, settings = document.get("model_info"), document.get("default_generation_settings")
    if isinstance(settings, dict):  # llama.cpp
        modalities, template = document.get("modalities"), document.get("chat_template_caps")
        flags = {
            "vision": modalities.get("vision") if isinstance(modalities, dict) else None,
            "function_calling": template.get("supports_tools") if isinstance(template, dict) else None,
        }
        return {"id": name, "context_length": settings.get("n_ctx"), "capabilities": flags}
    words = document.get("capabilities")
    if not isinstance(words, list):
        return None
    windows = (
        [value for key, value in info.items() if key.endswith(".context_length")] if isinstance(info, dict) else []
    )
    flags = {"vision": "vision" in words, "function_calling": "tools" in words, "reasoning": "thinking" in words}
    flags["completion_chat"] = "completion" in words
    return {"id": name, "context_length": windows[0] if windows else None, "capabilities": flags}
