"""A client for Chat Completions that does not ask twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from requests.adapters import BaseAdapter

from chatbot.core.cache.entries import DEFAULT_TTL_S
from chatbot.library.caching import Caching
from chatbot.library.raw_openai_client import Messages, RawOpenAIClient


class CachingHTTPClient(RawOpenAIClient):
    """See RawOpenAIClient and Caching. `store` is a folder; without one the answers are kept in memory."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        cache_ttl: float = DEFAULT_TTL_S,
        store: str | Path | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._caching = Caching(adapter, ttl_s=cache_ttl, store=store)
        super().__init__(api_key, base_url, adapter=self._caching)

    def complete(self, messages: Messages, model: str, *, use_cache: bool = True, **fields: Any) -> dict[str, Any]:
        """See RawOpenAIClient. Without `use_cache` the cache is neither read nor written."""
        headers = {} if use_cache else {"Cache-Control": "no-store"}
        return self._document(_body(messages, model, fields), headers)

    def invalidate_cache(self, messages: Messages, model: str, **fields: Any) -> bool:
        """Forgets the answer to exactly this question, all its fields told. Whether there was one."""
        bodies = (_body(messages, model, fields), {**_body(messages, model, fields), "stream": True})
        requests = [self.prepared("POST", "chat/completions", json=body) for body in bodies]
        return sum(map(self._caching.forget, requests)) > 0

    def get_cache_stats(self) -> dict[str, float]:
        """hits, misses, hit_rate (0 to 1), cache_size, ttl_seconds."""
        return self._caching.stats()


def _body(messages: Messages, model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": model, "messages": list(messages), **fields}
