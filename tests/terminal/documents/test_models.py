from __future__ import annotations

from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.models.listed import ListedModel
from chatbot.terminal.documents.conversations import cells
from chatbot.terminal.documents.models import model_lines, plain_lines, price_note
from tests.tables import each

FULL = ListedModel(
    "openai/gpt-4o", 128_000, 16_384, True, True, False, None, Decimal("2.5"), Decimal("10"), "2026-11-27"
)
BARE = ListedModel("groq/llama")


def test_a_wide_screen_has_a_column_for_everything_that_is_known() -> None:
    assert model_lines([FULL, BARE], 100) == [
        "model          context  output  image  tools  schema  $ in  $ out",
        "openai/gpt-4o     128k     16k    yes    yes      no  2.5*    10*",
        "groq/llama",
    ]


def test_a_narrow_one_has_fewer_columns_and_whole_names() -> None:
    assert model_lines([FULL, BARE], 38) == [
        "model          context  $ in  $ out",
        "openai/gpt-4o     128k  2.5*    10*",
        "groq/llama",
    ]
    assert model_lines([FULL, BARE], 24) == ["model          context", "openai/gpt-4o     128k", "groq/llama"]
    assert model_lines([FULL, BARE], 8) == ["openai/gpt-4o", "groq/llama"]


def test_where_nothing_is_known_there_are_only_names() -> None:
    assert model_lines([BARE], 100) == ["groq/llama"]
    assert model_lines([], 100) == []


def test_for_programs_a_row_has_every_column_and_whole_numbers() -> None:
    assert plain_lines([FULL, BARE]) == [
        "openai/gpt-4o\t128000\t16384\tyes\tyes\tno\t\t2.5\t10\t2026-11-27",
        "groq/llama\t\t\t\t\t\t\t\t\t",
    ]


@each(
    ("model", "width", "note"),
    [
        (BARE, 100, ""),
        (FULL, 20, ""),
        (FULL._replace(price_date=""), 100, "$ is USD per million tokens"),
        (FULL, 100, "$ is USD per million tokens; * as of 2026-11-27, from a table that comes with chat"),
    ],
)
def test_prices_that_are_shown_are_told_with_the_day_of_their_table(model: ListedModel, width: int, note: str) -> None:
    assert price_note([model, BARE], model_lines([model, BARE], width)) == note


names = st.text(min_size=1, max_size=30) | st.sampled_from(["模型/大", "\x1b[31mred", "a\tb\nc"])
models = st.builds(
    lambda name, windows, flags, *prices: ListedModel(name, *windows, *flags, *prices),
    names,
    st.tuples(st.none() | st.integers(1, 2**53), st.none() | st.integers(1, 2**53)),
    st.sampled_from([*product([None, False, True], repeat=4)]),
    *[st.none() | st.integers(0, 10**12).map(lambda millionths: Decimal(millionths).scaleb(-6))] * 2,
    st.sampled_from(["", "2026-11-27"]),
)


@given(st.lists(models, max_size=5), st.integers(1, 120))
def test_every_name_is_whole_and_no_line_is_wider_than_the_screen_or_a_name(
    rows: list[ListedModel], width: int
) -> None:
    bare = model_lines([ListedModel(row.name) for row in rows], width)
    lines = model_lines(rows, width)
    widest = max([width, *map(cells, bare)])
    assert all(cells(line) <= widest for line in lines)
    assert all(any(line.startswith(name) for line in lines) for name in bare)
    assert not any(control in line for line in [*lines, *plain_lines(rows)] for control in "\x1b\n\r")
    assert all(line.count("\t") == 9 for line in plain_lines(rows))


@each("usd", ["1E+1", "10", "10.0"])
def test_a_price_is_never_written_with_an_exponent(usd: str) -> None:
    [line] = plain_lines([ListedModel("m", input_usd=Decimal(usd))])
    assert "E" not in line and line.split("\t")[7].startswith("10")
