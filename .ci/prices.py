"""Makes chatbot/providers/prices.json from the package genai-prices (MIT, github.com/pydantic/genai-prices).

Before a release, in an environment of its own, since the program never depends on that package:

    python3 -m venv /tmp/prices && /tmp/prices/bin/pip install --upgrade genai-prices
    /tmp/prices/bin/python .ci/prices.py

Kept are the services of chatbot/providers/services.py, and of their models those that are priced by tokens: what comes
in and goes out, from the cache and into it, a fee for a request, tiers by the length of the input, batches, and from
which day or between which hours (UTC) a price holds. Rules that match a name keep their kind in a sign: `^` begins,
`$` ends, `*` contains, `~` is a regular expression, and a list under "and" wants all of them. A name that must be equal
stands in `exact`. The number of the first entry that fits is the one that counts, as in the package.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.data import providers

FILE = Path(__file__).parents[1] / "chatbot/providers/prices.json"
SERVICES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "openrouter": "openrouter",
    "groq": "groq",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "xai": "x-ai",
    "together": "together",
    "cerebras": "cerebras",
    "perplexity": "perplexity",
    "azure": "azure",
    "azure-dated": "azure",
}
PRICES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "write",
    "requests_kcount": "requests",
}
SIGNS = {"starts_with": "^", "ends_with": "$", "contains": "*", "regex": "~"}
BY_ID = {provider.id: provider for provider in providers}


def number(value: Decimal) -> float | int:
    """A price as JSON has it; the program reads its digits, not a binary fraction."""
    return int(value) if value == value.to_integral_value() else float(value)


def price(value: Any) -> Any:
    """A number, or with tiers `[number, [more input tokens than, number], ...]`."""
    if isinstance(value, Decimal):
        return number(value)
    return [number(value.base), *([tier.start, number(tier.price)] for tier in value.tiers)]


def named(prices: Any) -> dict[str, Any]:
    """The prices that are kept, under their short names."""
    found = vars(prices)
    return {short: price(found[long]) for long, short in PRICES.items() if found.get(long) is not None}


def condition(constraint: Any) -> dict[str, Any]:
    """When a price holds; empty for always."""
    if constraint is None:
        return {}
    if hasattr(constraint, "start_date"):
        return {"from": constraint.start_date.isoformat()}
    return {"between": [f"{part:%H:%M}" for part in (constraint.start_time, constraint.end_time)]}


def dated(rows: list[dict[str, Any]], today: str) -> list[dict[str, Any]]:
    """The rows without those that a later one has replaced for good."""
    begun = [at for at, row in enumerate(rows) if "between" not in row and row.get("from", "") <= today]
    return rows[begun[-1] :] if begun else rows


def entry(model: Any, today: str) -> dict[str, Any]:
    """A model without its names; empty where it is not priced by tokens."""
    conditional = model.prices if isinstance(model.prices, list) else None
    rows = [(row.prices, row.constraint) for row in conditional] if conditional else [(model.prices, None)]
    prices = dated([{**named(prices), **condition(constraint)} for prices, constraint in rows], today)
    if not all({"input", "output"} <= set(row) for row in prices):
        return {}
    batches = [row for row in model.price_variants or () if row.when == {"processing": "batch"}]
    batch = [{**named(row.prices), **condition(row.constraint)} for row in batches]
    window = {"window": model.context_window} if model.context_window else {}
    return {**window, "prices": prices, **({"batch": batch} if batch else {})}


def rules(clause: Any) -> tuple[list[str], list[Any]]:
    """The names that fit when they are equal, and the rules of another kind; any of them is enough."""
    if hasattr(clause, "or_"):
        parts = [rules(part) for part in clause.or_]
        return [name for part in parts for name in part[0]], [rule for part in parts for rule in part[1]]
    if hasattr(clause, "and_"):
        return [], [{"and": [rule(part) for part in clause.and_]}]
    if hasattr(clause, "equals"):
        return [clause.equals.lower()], []
    return [], [rule(clause)]


def rule(clause: Any) -> Any:
    """One rule."""
    if hasattr(clause, "equals"):
        return f"={clause.equals.lower()}"
    if hasattr(clause, "or_"):
        return {"or": [rule(part) for part in clause.or_]}
    kind = next(kind for kind in SIGNS if hasattr(clause, kind))
    text = getattr(clause, kind)
    return SIGNS[kind] + (text if kind == "regex" else text.lower())


def provider(provider_id: str, today: str) -> dict[str, Any]:
    """The models of a provider: entries, and the rules that lead to them by their numbers."""
    exact: dict[str, int] = {}
    others: list[Any] = []
    models: list[dict[str, Any]] = []
    for model in BY_ID[provider_id].models:
        names, found = rules(model.match)
        for name in names:
            exact.setdefault(name, len(models))
        others += [[len(models), one] for one in found]
        models.append(entry(model, today))
    return {"exact": exact, "rules": others, "models": models}


def main() -> None:
    today = date.fromisoformat(sys.argv[1]) if len(sys.argv) > 1 else datetime.now(UTC).date()
    chains = {ours: [theirs, *(BY_ID[theirs].fallback_model_providers or ())] for ours, theirs in SERVICES.items()}
    wanted = dict.fromkeys(name for chain in chains.values() for name in chain)
    table = {
        "source": f"genai-prices {version('genai-prices')}, MIT, github.com/pydantic/genai-prices",
        "date": today.isoformat(),
        "unit": "USD per million tokens; requests: USD per thousand",
        "services": chains,
        "providers": {name: provider(name, today.isoformat()) for name in wanted},
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    FILE.write_text(text.replace('},{"', '},\n{"') + "\n")  # a model a line, so that a difference can be read


if __name__ == "__main__":
    main()
