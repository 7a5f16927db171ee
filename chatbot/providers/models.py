"""What is known of models by their names: how much they take in, and which field asks them to reason.

Sources: developers.openai.com, "Models"; platform.claude.com, "Models overview" and "Extended thinking"; ai.google.dev,
"Models" and "Thinking"; api-docs.deepseek.com; docs.mistral.ai; docs.x.ai.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from chatbot.records import NamedTuple

if TYPE_CHECKING:
    from chatbot.core.models.listed import ListedModel
    from chatbot.providers.prices import PriceTable

# `effort`: by a word. `budget`: by a number of tokens. `none`: not at all.
Reasoning = Literal["effort", "budget", "none"]


class ModelFacts(NamedTuple):
    """What holds for the models whose whole name, without its vendor, fits `pattern`. `context_window` is in tokens,
    None where it is not known.
    """

    pattern: str
    context_window: int | None
    reasoning: Reasoning = "effort"


MODELS: tuple[ModelFacts, ...] = (
    ModelFacts("gpt-6-luna.*", 1_000_000),
    ModelFacts("gpt-5(-mini|-nano)?(-[0-9].*)?", 400_000),
    ModelFacts("gpt-4\\.1.*", 1_047_576, "none"),
    ModelFacts("(gpt-4o|chatgpt-4o|gpt-4-turbo).*", 128_000, "none"),
    ModelFacts("gpt-4(-0613)?", 8_192, "none"),
    ModelFacts("gpt-3\\.5-turbo.*", 16_385, "none"),
    ModelFacts("o1-mini.*", 128_000),
    ModelFacts("(o1|o3|o3-mini|o4-mini)(-[0-9].*)?", 200_000),
    ModelFacts("gpt-oss-.*", 131_072),
    ModelFacts("claude-haiku-5-5.*", 1_000_000),
    ModelFacts("claude-(3-7-.*|(opus|sonnet|haiku)-4(-[015])?(-20[0-9]{6}|@.*)?)", 200_000, "budget"),
    ModelFacts("claude-3-.*", 200_000, "none"),
    ModelFacts("claude-2.*", None, "none"),
    ModelFacts("gemini-2\\.5-.*", 1_048_576, "budget"),
    ModelFacts("gemini-2\\.0-.*", 1_048_576, "none"),
    ModelFacts("gemini-1\\.5-.*", None, "none"),
    ModelFacts("gemini-3(\\.[0-9])?-(pro|flash).*", 1_048_576),
    ModelFacts("gemma-3-(4b|12b|27b).*", 131_072, "none"),
    ModelFacts("gemma-3.*", None, "none"),
    ModelFacts("(mistral-large-2|codestral-25|ministral-).*", 128_000),
    ModelFacts("llama-3\\.[13]-.*", 131_072),
    ModelFacts("grok-4-1-fast.*", 2_000_000),
    ModelFacts("grok-3(-mini)?.*", 131_072),
    ModelFacts("sonar", 128_000),
)
# Google's own, ai.google.dev, "OpenAI compatibility".
_BUDGETS_TOKENS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192}
_LARGEST_BUDGET_TOKENS = 24_576
_UNKNOWN = ModelFacts("", None)


@lru_cache(1_024)  # a model is asked for with each request, and each of its names in a list
def facts(model: str) -> ModelFacts:
    """What is known of `model`, in whatever case and with or without its vendor in front; of others, what is so of
    the newest models.
    """
    name = model.lower().rpartition("/")[2]
    return next((row for row in MODELS if re.fullmatch(row.pattern, name)), _UNKNOWN)


def context_window(model: str) -> int | None:
    """The tokens that `model` takes in and gives out together; None where that is not known."""
    return facts(model).context_window


def completed(model: ListedModel, service: str, prices: PriceTable | None, at: str = "") -> ListedModel:
    """A model of a service's list, with what is known here where the service does not say it: from the table of prices,
    then from this one. Without the former there is no price. `at`: see PriceTable.price_of.
    """
    known = facts(model.name)
    window = prices and prices.context_window(service, model.name)
    price = prices.price_of(service, model.name, at) if prices and model.input_usd is None else None
    if known.pattern and model.reasoning is None:
        model = model._replace(reasoning=known.reasoning != "none")
    if price is not None:
        model = model._replace(input_usd=price.input.base, output_usd=price.output.base, price_date=price.date)
    return model._replace(context_window=model.context_window or window or known.context_window)


def reasoning_budget(effort: str) -> int:
    """The tokens that stand for an effort (low, medium, high, ...) where a model wants a number."""
    return _BUDGETS_TOKENS.get(effort, _LARGEST_BUDGET_TOKENS)
