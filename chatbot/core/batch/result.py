"""One line of the results: what became of a row."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from chatbot.core.batch.known_rows import Known
from chatbot.core.errors import ChatError
from chatbot.core.events import Finished, Verdict
from chatbot.core.json_text import dumps
from chatbot.records import NamedTuple

EXPIRED = "expired"  # as the verdict of a row that a provider's batch did not come to
MISFIT = "misfit"  # of one whose answer does not fit the schema
_COMPLETE = {str(Verdict.COMPLETE), str(Verdict.LENGTH)}


class Result(NamedTuple):
    """`id` and `number` are the row's; `data` is the answer as an object where a schema was given; `batch` is the id of
    the provider's batch that it came with.
    """

    id: str
    number: int
    provider: str
    model: str
    text: str
    finished: Finished
    attempts: int = 1
    cost_usd: Decimal | None = None
    verdict: str = ""
    data: Any = None
    batch: str = ""

    def line(self) -> bytes:
        """It as a line of JSON (UTF-8)."""
        finished, usage = self.finished, self.finished.usage
        document = {
            "id": self.id,
            "row": self.number,
            "verdict": self.verdict or str(finished.verdict),
            "text": self.text,
            **({} if self.data is None else {"data": self.data}),
            **({"batch": self.batch} if self.batch else {}),
            "provider": self.provider,
            "model": finished.model or self.model,
            "usage": usage and usage._asdict(),
            "cost_usd": None if self.cost_usd is None else float(self.cost_usd),
            "attempts": self.attempts,
            "finish_reason": finished.finish_reason,
            "request_id": finished.request_id,
            "error": finished.error and _error(finished.error),
        }
        return dumps(document).encode() + b"\n"


def is_complete(finished: Finished) -> bool:
    """Whether a row with this answer is not asked again."""
    return str(finished.verdict) in _COMPLETE and finished.error is None


def read_result(line: bytes) -> tuple[str, Known]:
    """The id of a line of results, and what became of it. Raises ValueError for what is no such line."""
    document = json.loads(line)
    if not isinstance(document, dict):
        raise ValueError(line)
    identity, verdict = document.get("id"), document.get("verdict")
    if not isinstance(identity, str) or not isinstance(verdict, str):
        raise ValueError(line)
    if verdict == EXPIRED:
        return identity, Known.EXPIRED
    return identity, Known.COMPLETE if verdict in _COMPLETE and not document.get("error") else Known.FAILED


def is_of_batch(line: bytes, batch_id: str) -> bool:
    """Whether a line of results came with this batch of the provider's. Raises ValueError for what is no such line."""
    return bool(json.loads(line).get("batch") == batch_id)


def _error(error: ChatError) -> dict[str, Any]:
    return {
        "type": type(error).__name__,
        "message": str(error),
        "said": error.said or None,
        "status": error.status,
        "retryable": error.retryable,
    }
