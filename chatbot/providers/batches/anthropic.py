"""Anthropic's batches of messages.

Source: platform.claude.com, "Message Batches"; fields as in the types of anthropic 2.14.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from chatbot.core.request import HttpRequest
from chatbot.providers.batches import base
from chatbot.providers.wires.base import get, post

_PATH = "/v1/messages/batches"


class AnthropicBatches(base.BatchEngine):
    """See BatchEngine."""

    def line(self, request: base.BatchRequest) -> bytes:
        return base.encoded({"custom_id": request.custom_id, "params": request.payload})

    def submit(self, lines: Sequence[bytes], send: base.Send) -> str:
        request = self._post(_PATH)
        return base.text_of(send(request._replace(body=b'{"requests":[' + b",".join(lines) + b"]}")), "id")

    def state(self, batch_id: str, send: base.Send) -> base.BatchState:
        document = send(self._get(f"/{quote(batch_id, safe='')}"))
        word, counts = base.text_of(document, "processing_status"), document.get("request_counts")
        done, failed = base.counted(counts, "succeeded"), base.counted(counts, "errored", "expired", "canceled")
        return base.BatchState(word, word == "ended", done, failed, "failed", "", document)

    def answers(self, batch_id: str, state: base.BatchState, lines: base.Lines) -> Iterator[base.BatchAnswer]:
        results = self._get(f"/{quote(batch_id, safe='')}/results")  # results_url may lead elsewhere
        for row in base.objects(lines(results)):
            yield self._answer(str(row.get("custom_id", "")), row.get("result"))

    def cancel(self, batch_id: str, send: base.Send) -> None:
        send(self._post(f"{_PATH}/{quote(batch_id, safe='')}/cancel"))

    def _answer(self, custom_id: str, result: Any) -> base.BatchAnswer:
        match result:
            case {"type": "succeeded", "message": message}:
                return base.BatchAnswer(custom_id, message)
            case {"type": "expired"}:
                return base.BatchAnswer(custom_id, ended="expired")
            case {"type": "canceled"}:
                return base.BatchAnswer(custom_id, ended="cancelled")
            case {"type": "errored", "error": dict(error)}:
                return base.BatchAnswer(custom_id, error=self.provider.error_in(error))
        return base.BatchAnswer(custom_id, ended="failed")

    def _get(self, path: str) -> HttpRequest:
        return get(self.provider.endpoint, _PATH + path, self.provider.headers)

    def _post(self, path: str) -> HttpRequest:
        return post(self.provider.endpoint, path, {}, self.provider.headers, stream=False)
