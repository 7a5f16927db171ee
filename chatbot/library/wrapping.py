"""An adapter around an adapter, which is how policies compose on any `requests.Session`."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0


class Wrapping(BaseAdapter):
    """Hands everything on to `inner`, with time-outs where none are said: those of requests are infinite."""

    def __init__(self, inner: BaseAdapter | None = None) -> None:
        super().__init__()
        self.inner = inner or HTTPAdapter()

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """See requests.adapters.BaseAdapter."""
        names = ("stream", "timeout", "verify", "cert", "proxies")
        options = {**dict(zip(names, args, strict=False)), **options}
        if options.get("timeout") is None:
            options["timeout"] = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        return self.answer(request, options)

    def answer(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        """What a policy does instead of handing the request on."""
        return self.inner.send(request, **options)

    def close(self) -> None:
        """See requests.adapters.BaseAdapter."""
        self.inner.close()


def body_bytes(request: PreparedRequest) -> bytes | None:
    """The body of a request; None for one that can be read only once."""
    body = request.body
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
