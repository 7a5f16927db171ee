"""What a server answered to a call, as the text that a model gets.

Source: modelcontextprotocol.io/specification/2025-11-25/server/tools, "Tool Result".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chatbot.core.amounts import size_words
from chatbot.core.tools.calling import ToolOutput

_EMPTY = "(no content)"


def output_of(content: Sequence[Mapping[str, Any]], structured: object = None, *, is_error: bool = False) -> ToolOutput:
    """The blocks of `content`, in the JSON of the protocol, joined; what is no text is named. `structured` content
    stands below it, unless a text says the same already.
    """
    parts = [_words(block) for block in content]
    texts = [str(block.get("text", "")) for block in content if block.get("type") == "text"]
    if structured is not None and not _is_said(structured, texts):
        parts.append(json.dumps(structured, ensure_ascii=False))
    return ToolOutput("\n".join(part for part in parts if part) or _EMPTY, is_error)


def _words(block: Mapping[str, Any]) -> str:
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image" | "audio" as kind, "data": str(data), "mimeType": str(mime)}:
            return f"[{kind}, {mime}, {_size(data)}: it cannot be shown to you]"
        case {"type": "resource_link", "uri": str(uri)}:
            described = [str(block[key]) for key in ("name", "mimeType", "description") if block.get(key)]
            return f"[resource {uri}: {', '.join(described)}]" if described else f"[resource {uri}]"
        case {"type": "resource", "resource": {"uri": str(uri), "text": str(text)}}:
            return f"[resource {uri}]\n{text}"
        case {"type": "resource", "resource": {"uri": str(uri), "blob": str(blob), **more}}:
            return f"[resource {uri}, {more.get('mimeType') or 'binary'}, {_size(blob)}: it cannot be shown to you]"
    return f"[{block.get('type') or 'something'}: it cannot be shown to you]"


def _size(base64_text: str) -> str:
    return size_words(len(base64_text.rstrip("=")) * 3 // 4)


def _is_said(structured: object, texts: Sequence[str]) -> bool:
    """Whether one of the texts is the structured content, or its only value (which servers wrap as `result`)."""
    values: list[object] = [structured]
    if isinstance(structured, dict) and len(structured) == 1:
        values += structured.values()
    if texts and any(value == text or value == list(texts) for value in values for text in texts):
        return True
    for text in texts:
        try:
            if json.loads(text) in values:
                return True
        except (ValueError, RecursionError):
            pass
    return False
