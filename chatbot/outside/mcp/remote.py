"""A server at an address: streamable HTTP, bounded.

Source: modelcontextprotocol.io/specification/2025-11-25/basic/transports, "Streamable HTTP".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp.client.streamable_http import streamable_http_client

from chatbot.core.addresses import is_loopback
from chatbot.core.mcp.entries import ServerEntry
from chatbot.core.version import __version__
from chatbot.outside.mcp.process import MAX_MESSAGE_BYTES

_CONNECTS_WITHIN_S, _SILENT_S = 10.0, 300.0  # the stream for what a server says unasked may be silent for long


class RemoteServer:
    """A session over HTTP. `fault` says what was wrong with the last answer to a message, if anything was."""

    last_line = ""

    def __init__(self, entry: ServerEntry) -> None:
        self._entry = entry
        self.fault = ""

    def kill(self) -> None:
        """Nothing of it runs here."""

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[Any]:
        """What the server sends, and what is sent to it. The headers of its entry go to its own address only."""
        entry = self._entry
        headers = {"accept-encoding": "identity", "user-agent": f"chat/{__version__}", **entry.headers}
        timeout = httpx2.Timeout(_CONNECTS_WITHIN_S, read=_SILENT_S)
        by_proxy = not is_loopback(urlsplit(entry.url).hostname)
        hooks = {"response": [self._see]}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=timeout, trust_env=by_proxy, event_hooks=hooks) as client,
            streamable_http_client(entry.url, http_client=client, max_sse_event_size=MAX_MESSAGE_BYTES) as streams,
        ):
            yield streams

    async def _see(self, response: httpx2.Response) -> None:
        """A whole body is bounded; of a stream of events the package bounds each."""
        stream = response.stream
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            assert isinstance(stream, httpx2.AsyncByteStream)
            response.stream = _Bounded(stream)
        if response.request.method == "POST":
            self.fault = f"it answered with HTTP {response.status_code}" if response.status_code >= 400 else ""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_MESSAGE_BYTES:
                raise httpx2.ReadError(f"the body has more than {MAX_MESSAGE_BYTES // 1_000_000} MB")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
