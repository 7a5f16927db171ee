"""What one of several answers cost."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from chatbot.cli.several.member import AskedModel
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.several.progress import Progress


class Cost(NamedTuple):
    """`usage` and `usd` are None where they are not known, which is not the same as none. An answer that was stopped
    ends before its usage is told: there they are an estimate.
    """

    usage: Usage | None = None
    usd: Decimal | None = None
    is_estimate: bool = False


def cost_of(model: AskedModel, progress: Progress) -> Cost:
    """Of the answer, which has ended."""
    finished = progress.result.finished
    if not (model.setup and model.runner and model.pending):
        return Cost()
    if finished.cache and finished.cache.hit:
        return Cost(finished.usage, Decimal(0))
    usage = finished.usage
    was_sent = bool(model.runner.http.exchanges.traffic["requests"])
    is_estimate = usage is None and finished.verdict is Verdict.CANCELLED and was_sent
    if is_estimate:
        from chatbot.core.conversations.resume import estimated_tokens

        usage = Usage(estimated_tokens(model.pending.conversation), progress.tokens)
    if usage is None:
        return Cost()
    from chatbot.cli.ask.model_lists import price_of
    from chatbot.providers.prices import cost_usd

    price = price_of(model.setup.target, finished.model or model.setup.target.model or "")
    return Cost(usage, cost_usd(price, usage), is_estimate)
