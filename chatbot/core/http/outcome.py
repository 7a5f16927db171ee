"""What became of an answer, in the record of the exchange that asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from chatbot.core.events import Finished, Verdict
from chatbot.core.http.exchange import Exchange


class HasMethod(Protocol):
    """An exchange, or what is kept of one."""

    @property
    def method(self) -> str:
        """GET, POST."""
        ...


T = TypeVar("T", bound=HasMethod)


def asking(exchanges: Sequence[T]) -> T:
    """The one of these that asked the question last; a list of models is only looked up beside it. Where none asked,
    the last one.
    """
    return next((each for each in reversed(exchanges) if each.method == "POST"), exchanges[-1])


def may_tell_of_limits(exchange: Exchange) -> bool:
    """Whether it is worth while to read limits from an answer: what chatbot.core.http.limit_headers reads is in headers
    of this name, and in what follows a refusal.
    """
    return exchange.status == 429 or any("limit" in name.lower() for name, _ in exchange.response_headers)


def with_outcome(exchange: Exchange, finished: Finished) -> Exchange:
    """The exchange of an answer that has ended."""
    end, error, moments = exchange.end, exchange.error, exchange.moments
    if finished.verdict is Verdict.CANCELLED:
        end, error = "cancelled", ""  # what the connection gave after that says nothing
    elif end in ("", "cancelled") and finished.error is None:
        end = "eof"  # the wire format's own end was seen, so the connection's was not waited for
    if moments.ended_ms is None and exchange.chunks:
        moments = moments._replace(ended_ms=exchange.chunk_times_ms[-1])
    return exchange._replace(
        end=end,
        error=error,
        moments=moments,
        model=finished.model or exchange.model,
        verdict=str(finished.verdict),
        finish_reason=finished.finish_reason or "",
        usage=finished.usage,
    )
