"""What somebody else wrote is shown whole, and nothing in it is hidden or looks like something else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from chatbot.terminal.tools.exact_text import rows, visible
from tests.tables import cases, each

_ODD = "\x1b\x07\x9b\r\t\u202e\u2066\u200b\u2060\ufeff\u00a0\u3164\u2800\ufe0f\U000e0041\u2028\ud800é漢👍a \\"


@each(
    ("text", "shown"),
    cases(r"""
        ls -l é 漢 👍 | ls -l é 漢 👍
        \x1b[2Jls | \\x1b[2Jls
        a\u202eb | a\\u202eb
        a\u200bb\ufeff | a\\u200bb\\ufeff
        rm\xa0x\u3164\u2800 | rm\\xa0x\\u3164\\u2800
        \U000e0041 | \\U000e0041
        a\tb\rc | a\\tb\\rc
        \ud800 | \\ud800
        \x9b\x07 | \\x9b\\x07
    """),
)
def test_what_has_no_look_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(alphabet=_ODD))
def test_what_is_shown_is_printable_and_of_another_text_never_less(text: str) -> None:
    assert visible(text).isprintable()
    assert len(visible(text)) >= len(text)
    assert visible(text, is_unicode=False).isascii()


@given(st.text(alphabet=_ODD + "\n"), st.integers(10, 60))
def test_each_row_is_behind_a_sign_none_is_too_wide_and_all_is_there(text: str, cells: int) -> None:
    found = list(rows(text, cells))
    assert all(row[:2] in ("│ ", "┆ ") for row in found)
    assert all(wcswidth(row) <= cells for row in found)
    lines = "".join(("\n" if row[0] == "│" else "") + row[2:] for row in found)[1:]
    assert lines == "\n".join(map(visible, text.split("\n")))
