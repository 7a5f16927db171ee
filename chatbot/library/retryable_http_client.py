"""A client that sends again what failed for the moment."""

from __future__ import annotations

from collections.abc import Mapping

from requests.adapters import BaseAdapter

from chatbot.library.http_client import HTTPClient
from chatbot.library.retrying import RetryConfig, Retrying


class RetryableHTTPClient(HTTPClient):
    """See HTTPClient and RetryConfig."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        retry_config: RetryConfig | None = None,
        *,
        adapter: BaseAdapter | None = None,
    ) -> None:
        super().__init__(base_url, headers, Retrying(adapter, retry_config))
