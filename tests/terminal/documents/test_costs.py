"""Costs and the ledger as lines: bars that fit, numbers with units, and what is unknown named so."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.cost.ledger import Entry
from chatbot.core.cost.sums import CostSum, added_up, host_sums, sum_json
from chatbot.core.http.traffic import Traffic
from chatbot.terminal.documents.conversations import cells
from chatbot.terminal.documents.costs import bar_of, cost_lines, ledger_lines
from tests.tables import each

DAYS = added_up(
    [
        ("2026-11-26", Decimal("0.5"), "a"),
        ("2026-11-27", Decimal("1"), "a"),
        ("2026-11-27", None, "b"),
        ("2026-11-28", None, "b"),
    ]
)


def test_each_day_has_a_bar_its_cost_and_its_answers() -> None:
    lines = cost_lines(DAYS, 80, unicode=False)
    assert [line.count("=") > 0 for line in lines] == [True, True, False, False]
    assert abs(lines[1].count("=") - 2 * lines[0].count("=")) <= 1
    assert "unknown" in lines[2] and "$" not in lines[2]
    assert lines[3].startswith("total") and "$1.50  4 answers, 2 unknown" in lines[3]


def test_one_line_has_no_total_and_none_is_none() -> None:
    assert len(cost_lines(DAYS[:1], 80, unicode=True)) == 1
    assert cost_lines([], 80, unicode=True) == []


@each("width", [24, 30, 40, 60, 80, 200])
@each("unicode", [True, False])
def test_lines_fit_and_ascii_is_ascii(width: int, unicode: bool) -> None:
    long = [CostSum("openrouter/a-model-with-a-name-that-is-long", Decimal("0.0001"), 3), *DAYS]
    lines = cost_lines(long, width, unicode=unicode)
    assert all(cells(line) <= width for line in lines)
    assert unicode or all(map(str.isascii, cost_lines(DAYS, width, unicode=False)))


@given(st.floats(0, 1), st.integers(8, 60), st.booleans())
def test_a_bar_has_its_width_and_shows_what_is_more_than_nothing(share: float, width: int, unicode: bool) -> None:
    bar = bar_of(share, width, unicode=unicode)
    assert cells(bar) == width
    assert (bar.strip() == "") == (share == 0)


def test_all_free_is_no_division_by_nothing() -> None:
    [line] = cost_lines([CostSum("2026-11-28", Decimal(0), 2)], 80, unicode=True)
    assert line.split() == ["2026-11-28", "$0", "2", "answers"]


def test_json_says_what_is_unknown() -> None:
    assert sum_json(DAYS[1], "day") == {
        "day": "2026-11-27", "usd": 1.0, "answers": 2, "unknown": 1, "unknown_models": ["b"],
    }  # fmt: skip
    assert sum_json(DAYS[2], "day")["usd"] is None


ENTRIES = [
    Entry("2026-11-27", "openai", "chat", Traffic("api.openai.com", 3, 1_200, 3_800_000), Decimal("0.004")),
    Entry("2026-11-28", "openai", "models", Traffic("api.openai.com", 1, 300, 40_000)),
    Entry("2026-11-28", "gemini", "chat", Traffic("a.googleapis.com", 1, 300, 4_000), Decimal(0), 1),
    Entry("2026-11-28", "", "", Traffic(""), Decimal("0.5")),
]


def test_the_ledger_by_host() -> None:
    lines = ledger_lines(host_sums(ENTRIES, lambda entry: entry.traffic.host), 120, by_day=False)
    assert [line.split() for line in lines] == [
        ["host", "up", "down", "cost", "requests", "days", "content"],
        [
            "api.openai.com",
            "1.5",
            "kB",
            "3.8",
            "MB",
            "$0.004",
            "4",
            "2026-11-27",
            "to",
            "2026-11-28",
            "chat,",
            "models",
        ],
        ["a.googleapis.com", "300", "B", "4", "kB", "unknown", "1", "2026-11-28", "chat"],
        ["not", "kept", "$0.5", "2026-11-28", "not", "kept"],
    ]


@each("width", [40, 60, 80])
def test_the_ledger_fits_and_keeps_bytes_and_cost(width: int) -> None:
    lines = ledger_lines(host_sums(ENTRIES, lambda entry: entry.day), width, by_day=True)
    assert all(cells(line) <= width for line in lines)
    assert lines[0].split()[:4] == ["day", "up", "down", "cost"]
    assert ">$0.5" in lines[2]
