"""The script that makes the table of prices, run with a package that has a model of each kind."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from chatbot.core.events import Usage
from chatbot.providers.prices import PriceTable, cost_usd

SCRIPT = Path(__file__).parents[2] / ".ci/prices.py"
PACKAGE = """
from datetime import date, time
from decimal import Decimal as D
from types import SimpleNamespace as N

def model(match, prices, **more):
    return N(**{"match": match, "prices": prices, "context_window": None, "price_variants": None, **more})

per = lambda **usd: N(**usd)
plain = per(input_mtok=D("0.15"), output_mtok=D("0.60"), cache_read_mtok=D("0.075"), web_searches_kcount=D(10))
tiered = per(input_mtok=N(base=D(1), tiers=[N(start=200000, price=D(2))]), output_mtok=D(4), requests_kcount=D(5))
batch = N(when={"processing": "batch"}, prices=per(input_mtok=D("0.075"), output_mtok=D("0.3")), constraint=None)
fast = N(when={"speed": "fast"}, prices=per(input_mtok=D(9), output_mtok=D(9)), constraint=None)
ours = [
    model(
        N(or_=[N(equals="Small"), N(starts_with="Small-")]), plain, context_window=128000, price_variants=[fast, batch]
    ),
    model(N(and_=[N(contains="large"), N(or_=[N(ends_with="-x"), N(regex="[0-9]$")])]), tiered),
    model(N(equals="speech"), per(audio_hours=D(1))),
    model(N(equals="dated"), [
        N(constraint=None, prices=per(input_mtok=D(1), output_mtok=D(1))),
        N(constraint=N(start_date=date(2026, 1, 1)), prices=per(input_mtok=D(2), output_mtok=D(2))),
        N(constraint=N(start_date=date(2027, 1, 1)), prices=per(input_mtok=D(3), output_mtok=D(3))),
        N(constraint=N(start_time=time(1), end_time=time(4, 30)), prices=per(input_mtok=D(5), output_mtok=D(5))),
    ]),
]
theirs = "openai anthropic google openrouter groq deepseek mistral x-ai together cerebras perplexity azure".split()
others = {"azure": ["openai"]}
providers = [
    N(id=name, fallback_model_providers=others.get(name), models=ours if name == "openai" else []) for name in theirs
]
"""


def test_the_script_keeps_what_a_price_depends_on(tmp_path: Path) -> None:
    (tmp_path / "genai_prices").mkdir()
    (tmp_path / "genai_prices/__init__.py").touch()
    (tmp_path / "genai_prices/data.py").write_text(PACKAGE)
    (tmp_path / "genai_prices-9.8.dist-info").mkdir()
    (tmp_path / "genai_prices-9.8.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: genai-prices\nVersion: 9.8\n"
    )
    (tmp_path / "chatbot/providers").mkdir(parents=True)
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci")
    subprocess.run(
        [sys.executable, str(tmp_path / ".ci/prices.py"), "2026-11-27"], env={"PYTHONPATH": str(tmp_path)}, check=True
    )

    made = PriceTable(json.loads((tmp_path / "chatbot/providers/prices.json").read_bytes(), parse_float=Decimal))
    assert (made.date, made.source.split(",")[0]) == ("2026-11-27", "genai-prices 9.8")
    small = made.price_of("azure", "small-2")
    assert small == made.price_of("openai", "SMALL") and small and small.cached and small.batch
    assert (small.input.base, small.cached.base, small.batch.output.base) == tuple(
        map(Decimal, ("0.15", "0.075", "0.3"))
    )
    assert made.context_window("openai", "small") == 128_000
    large = made.price_of("openai", "a-large-x")
    assert cost_usd(large, Usage(300_000, 0)) == Decimal("0.605")
    assert made.price_of("openai", "large7") == large
    assert made.price_of("openai", "large") is made.price_of("openai", "speech") is None
    times = {"2026-11-27": 2, "2020-01-01": 2, "2027-01-01T12:00": 3, "2026-12-01T04:29": 5}
    for at, usd in times.items():
        price = made.price_of("openai", "dated", at)
        assert price and price.input.base == usd, at
