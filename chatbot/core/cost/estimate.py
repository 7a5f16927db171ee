"""What a question may cost at most, before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chatbot.core.amounts import short, token_words
from chatbot.core.cost.price import Price, cost_usd
from chatbot.core.events import Usage
from chatbot.records import NamedTuple

ASSUMED_ANSWER_TOKENS = 8_192
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


class LongestAnswer(NamedTuple):
    """`tokens`, and `why`, where nobody asked for that: words that follow the number."""

    tokens: int
    why: str


class Estimate(NamedTuple):
    """`usd` at most, of about so many tokens in and so many out."""

    usd: Decimal
    input_tokens: int
    answer: LongestAnswer

    @property
    def words(self) -> str:
        """How it was reckoned."""
        return (
            f"about {token_words(self.input_tokens)} in, and at most {short(self.answer.tokens)} out{self.answer.why}"
        )


def longest_answer(payload: Mapping[str, Any], model_limit: int | None) -> LongestAnswer:
    """How long the answer to a request body (of any wire format) may become: as long as that says, else as the model
    can (`model_limit`), else it is assumed to be ASSUMED_ANSWER_TOKENS. Several answers to one question add up.
    """
    fields = {**payload, "max_tokens": payload.get("max_tokens") or _in_object(payload, "maxOutputTokens")}
    asked = next((fields[name] for name in _LIMITS if type(fields.get(name)) is int), None)
    count = payload.get("n") or _in_object(payload, "candidateCount")
    times = count if type(count) is int and count > 0 else 1
    if asked is not None:
        return LongestAnswer(asked * times, "")
    if model_limit is not None:
        return LongestAnswer(model_limit * times, ", the model's limit")
    return LongestAnswer(ASSUMED_ANSWER_TOKENS * times, ", assumed, as the model's limit is not known")


def _in_object(payload: Mapping[str, Any], name: str) -> Any:
    config = payload.get("generationConfig")
    return config.get(name) if isinstance(config, Mapping) else None


def estimated(price: Price, input_tokens: int, answer: LongestAnswer, *, batch: bool = False) -> Estimate:
    """The estimate for one question of about so many tokens. A batch without a price of its own costs the full one."""
    usage = Usage(input_tokens, answer.tokens)
    usd = cost_usd(price, usage, batch=batch and price.batch is not None)
    return Estimate(usd or Decimal(0), input_tokens, answer)
