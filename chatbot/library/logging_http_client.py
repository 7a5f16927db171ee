"""A client that keeps a log of what it sent and got."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from requests.adapters import BaseAdapter

from chatbot.library.http_client import HTTPClient
from chatbot.library.logging import Logging, RequestLog


class LoggingHTTPClient(HTTPClient):
    """See HTTPClient and Logging."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        log_file: str | Path | None = None,
        log_bodies: bool = True,
        *,
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._logs: list[RequestLog] = []
        super().__init__(
            base_url, headers, Logging(adapter, file=log_file, log_bodies=log_bodies, on_log=self._logs.append)
        )

    def get_logs(self) -> list[RequestLog]:
        """The attempts so far, in the order in which they ended."""
        return list(self._logs)
