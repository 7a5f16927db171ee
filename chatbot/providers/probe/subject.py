"""Whom the probe asks, and how its questions are built."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from chatbot.core.options import Endpoint
from chatbot.core.redaction.redactor import is_secret_header
from chatbot.core.request import HttpRequest, Payload
from chatbot.providers.service import Service
from chatbot.providers.wires import base
from chatbot.records import NamedTuple

WRONG_KEY = "sk-wrong-key-of-chat-probe"
LIMIT_FIELDS = ("max_tokens", "max_completion_tokens")
USUAL_LIMIT_TOKENS = 256  # reasoning models think before a short answer too
_BYTES_A_TOKEN = 4


class Subject(NamedTuple):
    """A server and one of its models. `limit_field` is how an answer is limited there, as far as it is known;
    `takes_stream_options`: older servers refuse them.
    """

    service: Service
    endpoint: Endpoint
    model: str = ""
    limit_field: str = LIMIT_FIELDS[0]
    takes_stream_options: bool = True

    @property
    def has_key(self) -> bool:
        """Whether its questions carry one."""
        return self.endpoint.auth is not None or any(is_secret_header(name) for name, _ in self.endpoint.headers)

    def with_key(self, key: str | None) -> Subject:
        """The same with another key, or with none."""
        header = self.endpoint.auth[0] if self.endpoint.auth else "Authorization"
        auth = None if key is None else (header, f"Bearer {key}" if header == "Authorization" else key)
        headers = tuple(pair for pair in self.endpoint.headers if not is_secret_header(pair[0]))
        return self._replace(endpoint=self.endpoint._replace(auth=auth, headers=headers))

    def models(self) -> HttpRequest:
        """The request for its list of models."""
        return base.get(self.endpoint, "/models", {})

    def chat(self, text: str | list[Payload], *, role: str = "", stream: bool = False, **fields: Any) -> HttpRequest:
        """A question, or the parts of one; with a `role`, a short instruction of that role before it. A field that is
        None is left out.
        """
        turns: list[Payload] = [{"role": role, "content": "Answer in one word."}] if role else []
        turns.append({"role": "user", "content": text})
        sent = {"model": self.model, "messages": turns, self.limit_field: USUAL_LIMIT_TOKENS, **fields}
        if stream:
            sent |= {"stream": True, "stream_options": {"include_usage": True} if self.takes_stream_options else None}
        return self.post({name: value for name, value in sent.items() if name and value is not None}, stream=stream)

    def post(self, payload: Payload, *, stream: bool = False, path: str = "") -> HttpRequest:
        """Any body, to where questions go or to another path."""
        usual = self.service.chat_path.format(model=quote(self.model, safe=""))
        return base.post(self.endpoint, path or usual, payload, {}, stream=stream)


def most_tokens(request: HttpRequest) -> int:
    """About how many tokens a request costs at most, question and answer."""
    if not request.body:
        return 0
    body = json.loads(request.body)
    fields = (*LIMIT_FIELDS, "max_output_tokens")
    return len(request.body) // _BYTES_A_TOKEN + max((body[name] for name in fields if name in body), default=0)
