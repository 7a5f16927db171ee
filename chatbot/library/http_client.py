"""A server, its headers and one pool of connections: what the clients of this library share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from chatbot.core.errors import UsageError
from chatbot.library.closing import Closing
from chatbot.library.wrapping import Wrapping


class HTTPClient(Closing):
    """Requests to paths below `base_url`, each with these headers; a context manager. A redirect is not followed, since
    it would carry the key on, and no netrc replaces it. Time-outs, unless said: connect 5 s, read 60 s.
    """

    def __init__(
        self, base_url: str, headers: Mapping[str, str] | None = None, adapter: BaseAdapter | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.session = requests.Session()
        self.session.headers.update(headers or {})
        self.session.auth = _as_it_is
        self.adapter = adapter or Wrapping()
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, self.adapter)

    def request(self, method: str, path: str, **options: Any) -> Response:
        """The response, whatever its status. `options` are those of requests.Session.request."""
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self._url(path), **options)

    def get(self, path: str, **options: Any) -> Response:
        """See `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        """See `request`."""
        return self.request("POST", path, **options)

    def prepared(self, method: str, path: str, **options: Any) -> PreparedRequest:
        """The request as it would be sent."""
        return self.session.prepare_request(requests.Request(method, self._url(path), **options))

    def close(self) -> None:
        """Closes its connections."""
        self.session.close()

    def _url(self, path: str) -> str:
        if "://" in path:
            raise UsageError("a path is wanted, not an address", advice="The headers are for the base URL alone.")
        return f"{self.base_url}/{path.lstrip('/')}"


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request
