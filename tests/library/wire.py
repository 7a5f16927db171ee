"""An adapter that gives one reply after the other, and keeps the requests."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

ANSWER = b'{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9}}'


class Reply(NamedTuple):
    status: int = 200
    body: bytes = ANSWER
    headers: Mapping[str, str] = {"Content-Type": "application/json"}


class Wire(BaseAdapter):
    """The last reply is given for ever."""

    def __init__(self, *replies: Reply | Exception) -> None:
        super().__init__()
        self.replies = list(replies) or [Reply()]
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.options.append(options)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        raw = urllib3.HTTPResponse(io.BytesIO(reply.body), reply.headers, reply.status, preload_content=False)
        return HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


def session_of(adapter: BaseAdapter) -> requests.Session:
    session = requests.Session()
    session.mount("http://", adapter)
    return session
