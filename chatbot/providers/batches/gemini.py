"""Gemini's batches, their requests and responses inline.

Source: ai.google.dev, "Batch API"; paths and fields as google-genai 3.6 sends them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from chatbot.providers.batches import base
from chatbot.providers.wires.base import get, post

_OVER = {"SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"}
_ENDED = {"CANCELLED": "cancelled", "EXPIRED": "expired"}


class GeminiBatches(base.BatchEngine):
    """See BatchEngine."""

    max_bytes = 18_000_000  # 20 MB is the most for a request

    def line(self, request: base.BatchRequest) -> bytes:
        return base.encoded({"request": request.payload, "metadata": {"key": request.custom_id}})

    def submit(self, lines: Sequence[bytes], send: base.Send) -> str:
        path = self.provider.path(self.options).replace(":generateContent", ":batchGenerateContent")
        request = post(self.provider.endpoint, path, {}, self.provider.headers, stream=False)
        start = b'{"batch":{"displayName":"chat","inputConfig":{"requests":{"requests":['
        return base.text_of(send(request._replace(body=start + b",".join(lines) + b"]}}}}")), "name")

    def state(self, batch_id: str, send: base.Send) -> base.BatchState:
        document = send(get(self.provider.endpoint, self._path(batch_id), self.provider.headers))
        job = document.get("metadata") if isinstance(document, dict) else None
        word = base.text_of(job, "state").rpartition("STATE_")[2]
        error = document.get("error")
        reason = str(error.get("message", "")) if isinstance(error, dict) else ""
        answers = [self._answer(row) for row in _responses(document)]
        failed = sum(answer.document is None for answer in answers)
        ended = _ENDED.get(word, "failed")
        return base.BatchState(word.lower(), word in _OVER, len(answers) - failed, failed, ended, reason, document)

    def answers(self, batch_id: str, state: base.BatchState, lines: base.Lines) -> Iterator[base.BatchAnswer]:
        return map(self._answer, _responses(state.document))

    def cancel(self, batch_id: str, send: base.Send) -> None:
        path = f"{self._path(batch_id)}:cancel"
        send(post(self.provider.endpoint, path, {}, self.provider.headers, stream=False))

    def _path(self, batch_id: str) -> str:
        return f"/batches/{quote(batch_id.removeprefix('batches/'), safe='')}"

    def _answer(self, row: dict[str, Any]) -> base.BatchAnswer:
        metadata, error = row.get("metadata"), row.get("error")
        custom_id = str(metadata.get("key", "")) if isinstance(metadata, dict) else ""
        if isinstance(error, dict):
            if "expired" in str(error.get("message", "")).lower():
                return base.BatchAnswer(custom_id, ended="expired")
            return base.BatchAnswer(custom_id, error=self.provider.error_in({"error": error}))
        return base.BatchAnswer(custom_id, row.get("response"))


def _responses(document: Any) -> list[dict[str, Any]]:
    """The rows of a job that is over, whether they stand in its response or in what is told of it."""
    for holder in (document.get("response"), document.get("metadata")):
        output = holder.get("output", holder) if isinstance(holder, dict) else None
        inlined = output.get("inlinedResponses") if isinstance(output, dict) else None
        rows = inlined.get("inlinedResponses") if isinstance(inlined, dict) else None
        if isinstance(rows, list):
            return [row for row in rows if isinstance(row, dict)]
    return []
