"""TOML with its places: what the short way reads is what `tomllib` reads, and every key has its line."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatbot.options.settings.toml import TomlFault, lines_of, parsed
from tests.tables import each

PIECES = (
    "= [ ] \" ' # . , - _ 1 0 1.5 -2 1e9 1e999 nan inf NaN Infinity null true false 0x1f 1_000 1979-05-27 07:32:00 a b "
    'models "openai/gpt-4o" """ \'\'\' \\ \\n \\/ { } [[ ]] [models."a/b"] [a] [a.b] temperature=0.2 x="y" \r\n \t '
    "\x00 é \u2028 \ufeff"
).split(" ")
TEXTS = st.lists(st.sampled_from([*PIECES, "\n", "\n", " "]), max_size=30).map("".join)
LINES = st.lists(
    st.sampled_from(
        [
            "a = 1",
            "b = 0.5 # half",
            'c = "x # y"#z',
            'd = ["s", "t"]',
            "e = [1, [2.5, true]]",
            "[models]",
            '[models."a/b"]',
            "[ models . b ]  # c",
            "[a]",
            "[a.b]",
            "a.b = 1",
            'f = """',
            "# note",
            "",
            "g = {h = 1}",
            "a = [",
            "1]",
            "[[list]]",
        ]
    ),
    max_size=9,
).map("\n".join)


def whole(text: str) -> object:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


@given(TEXTS | LINES | st.text(max_size=40))
@example("a = 1\n[a]\nb = 2")
@example("[a]\n[a.b]\n[a]")
@example('x = "\x7f"')
@example("x = 01")
@example("x = -0\ny = -0.0")
@example("#\x00")
@example("a = " + "[" * 3000)
@example("a = " + "9" * 5000)
def test_any_text_is_read_as_tomllib_reads_it_or_told_with_a_line(text: str) -> None:
    expected = whole(text)
    try:
        assert repr(parsed(text)) == repr(expected)
    except TomlFault as fault:
        assert expected is None
        assert 1 <= fault.line <= text.count("\n") + 2


@given(TEXTS | LINES)
def test_each_key_of_any_document_has_the_line_it_begins_in(text: str) -> None:
    document = whole(text)
    if not isinstance(document, dict):
        return
    lines = lines_of(text)
    for key in document:
        assert any(path[0] == key for path in lines)
    for path, line in lines.items():
        rows = text.replace("\r\n", "\n").split("\n")
        before = whole("\n".join(rows[: line - 1]))
        value: object = before
        for key in path:
            value = (
                value.get(key) if isinstance(value, dict) else value[0].get(key) if isinstance(value, list) else None
            )
        assert value is None or not isinstance(before, dict), (path, line)


def test_the_lines_of_a_file_as_people_write_it() -> None:
    text = (
        'model = "x"\n\n# note\nstop = [\n  "a",\n]\n[models."a/b.c"]\ntemperature = 0.2\n[a]\nb.c = 1\nd = {e = 2}\n'
    )
    assert lines_of(text) == {
        ("model",): 1,
        ("stop",): 4,
        ("models",): 7,
        ("models", "a/b.c"): 7,
        ("models", "a/b.c", "temperature"): 8,
        ("a",): 9,
        ("a", "b"): 10,
        ("a", "b", "c"): 10,
        ("a", "d"): 11,
        ("a", "d", "e"): 11,
    }


@each(
    ("text", "line", "column"),
    [
        ("a = 1\nb = \n", 2, 5),
        ("a = 1\nmodel gpt\n", 2, 7),
        ('a = 1\nb = """\n\n', 2, 0),
        ("x = 1\na = " + "[" * 3000, 2, 0),
        ("x = 1\na = " + "9" * 5000, 2, 0),
    ],
)
def test_a_mistake_has_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(TomlFault) as error:
        parsed(text)
    assert (error.value.line, error.value.column) == (line, column)
