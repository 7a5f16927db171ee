"""OpenAI's batches: a file of requests, and later a file of answers and one of errors.

Source: platform.openai.com, "Batch API"; its states and fields as in the types of openai 3.57.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from chatbot.core.request import HttpFailure
from chatbot.providers.batches import base
from chatbot.providers.wires.base import get, post

_OVER = {"completed", "failed", "expired", "cancelled"}
_EXPIRED = "batch_expired"  # as the error of a row


class OpenAIBatches(base.BatchEngine):
    """See BatchEngine."""

    def line(self, request: base.BatchRequest) -> bytes:
        url = f"/v1{self.provider.path(self.options)}"
        row = {"custom_id": request.custom_id, "method": "POST", "url": url, "body": request.payload}
        return base.encoded(row) + b"\n"

    def submit(self, lines: Sequence[bytes], send: base.Send) -> str:
        provider, body = self.provider, b"".join(lines)
        boundary = hashlib.sha256(body).hexdigest()
        parts = [
            *(f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'.encode(),),
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="batch.jsonl"\r\n'.encode(),
            b"Content-Type: application/jsonl\r\n\r\n",
            body,
            f"\r\n--{boundary}--\r\n".encode(),
        ]
        upload = get(provider.endpoint, "/files", provider.headers)
        headers = {**upload.headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        upload = upload._replace(method="POST", headers=headers, body=b"".join(parts))
        wanted = {
            "input_file_id": base.text_of(send(upload), "id"),
            "endpoint": f"/v1{provider.path(self.options)}",
            "completion_window": "24h",
        }
        return base.text_of(send(post(provider.endpoint, "/batches", wanted, provider.headers, stream=False)), "id")

    def state(self, batch_id: str, send: base.Send) -> base.BatchState:
        document = send(get(self.provider.endpoint, f"/batches/{quote(batch_id, safe='')}", self.provider.headers))
        word, counts = base.text_of(document, "status"), document.get("request_counts")
        ended = word if word in ("expired", "cancelled") else "failed"
        done, failed = base.counted(counts, "completed"), base.counted(counts, "failed")
        return base.BatchState(word, word in _OVER, done, failed, ended, _reason(document), document)

    def answers(self, batch_id: str, state: base.BatchState, lines: base.Lines) -> Iterator[base.BatchAnswer]:
        for name in ("output_file_id", "error_file_id"):
            if file := state.document.get(name):
                path = f"/files/{quote(str(file), safe='')}/content"
                for row in base.objects(lines(get(self.provider.endpoint, path, self.provider.headers))):
                    yield self._answer(row)

    def cancel(self, batch_id: str, send: base.Send) -> None:
        path = f"/batches/{quote(batch_id, safe='')}/cancel"
        send(post(self.provider.endpoint, path, {}, self.provider.headers, stream=False))

    def _answer(self, row: dict[str, Any]) -> base.BatchAnswer:
        custom_id, error = str(row.get("custom_id", "")), row.get("error")
        if isinstance(error, dict):
            if error.get("code") == _EXPIRED:
                return base.BatchAnswer(custom_id, ended="expired")
            return base.BatchAnswer(custom_id, error=self.provider.error_in({"error": error}))
        response = row.get("response")
        body = response.get("body") if isinstance(response, dict) else None
        status = response.get("status_code") if isinstance(response, dict) else None
        if isinstance(status, int) and status >= 300:
            return base.BatchAnswer(
                custom_id, error=self.provider.read_error(HttpFailure(status, {}, base.encoded(body)), 0.0)
            )
        return base.BatchAnswer(custom_id, body)


def _reason(document: dict[str, Any]) -> str:
    errors = document.get("errors")
    rows = errors.get("data") if isinstance(errors, dict) else None
    said = [row.get("message") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return next((message for message in said if isinstance(message, str)), "")
