"""Chat Completions as they are: JSON out, JSON in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import urllib3
from requests import Response
from requests.adapters import BaseAdapter

from chatbot.core.errors import ChatError, ConnectionLost, MalformedAnswer
from chatbot.core.events import EndMarker, FinishReason
from chatbot.core.options import Endpoint
from chatbot.core.request import MAX_ERROR_BYTES, HttpFailure
from chatbot.core.sse.decoder import events, lines
from chatbot.core.sse.repair import repaired
from chatbot.library.http_client import HTTPClient
from chatbot.providers import services
from chatbot.providers.wires.lookup import provider_for

_READ_BYTES = 65536
Messages = Sequence[Mapping[str, Any]]


class Incomplete(ConnectionLost):
    """A stream ended without its end: what came is not the whole answer."""


class RawOpenAIClient(HTTPClient):
    """Asks a server that speaks Chat Completions. Without a key or a base URL those of OPENAI_API_KEY and
    OPENAI_BASE_URL are taken. `fields` are members of the request body.
    """

    def __init__(
        self, api_key: str | None = None, base_url: str | None = None, *, adapter: BaseAdapter | None = None
    ) -> None:
        service = services.find("openai")
        key = api_key or os.environ.get("OPENAI_API_KEY", "")
        super().__init__(
            base_url or os.environ.get("OPENAI_BASE_URL") or service.base_url or "",
            {"Authorization": f"Bearer {key}"} if key else {},
            adapter,
        )
        self._provider = provider_for(service, Endpoint(self.base_url))

    def complete(self, messages: Messages, model: str, **fields: Any) -> dict[str, Any]:
        """The document of the whole answer. Raises ChatError for an error of the server, and what requests raises."""
        return self._document({"model": model, "messages": list(messages), **fields})

    def stream(self, messages: Messages, model: str, **fields: Any) -> Iterator[dict[str, Any]]:
        """Each document of a stream as soon as it is there.

        Raises Incomplete where the stream ends or breaks off without its end, ChatError for an error of the server,
        also within it, and what requests raises.
        """
        body = {"model": model, "messages": list(messages), "stream": True, **fields}
        with self.post("chat/completions", json=body, stream=True) as response:
            self._check(response)
            has_ended = False
            for event in events(repaired(lines(_pieces(response)))):
                said = list(self._provider.read_event(event))  # raises what the server reports
                if any(isinstance(part, EndMarker) for part in said):
                    return
                has_ended = has_ended or any(isinstance(part, FinishReason) for part in said)
                document = json.loads(event.data) if event.data.strip() else None
                if isinstance(document, dict):
                    yield document
            if not has_ended:
                raise Incomplete("the answer broke off before its end")

    def _document(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        response = self.post("chat/completions", json=body, headers=headers)
        self._check(response)
        try:
            document = response.json()
        except ValueError as error:
            raise MalformedAnswer("the server sent something that is not JSON") from error
        if not isinstance(document, dict):
            raise MalformedAnswer("the server sent JSON that is not an answer")
        if document.get("error"):
            raise self._provider.error_in(document)
        return document

    def _check(self, response: Response) -> None:
        """Raises the typed error that a status means."""
        if response.status_code == 200:
            return
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = response.content[:MAX_ERROR_BYTES]
        error: ChatError = self._provider.read_error(HttpFailure(response.status_code, headers, body), time.time())
        raise error


def _pieces(response: Response) -> Iterator[bytes]:
    """The body as it comes, where iter_content waits for its buffer. Raises Incomplete where the connection breaks."""
    try:
        while piece := response.raw.read1(_READ_BYTES, decode_content=True):
            yield piece
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Incomplete(f"the answer broke off: {type(error).__name__}") from error
