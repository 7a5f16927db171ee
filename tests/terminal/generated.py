"""Short documents out of pieces that open, close, interrupt and continue each other."""

from itertools import chain, repeat

from hypothesis import strategies as st

from tests.flat import some

_INDENTS = ("", "", "", "  ", "   ", "    ", "     ", "> ", "- ", "1. ", "  - ", "   > ", "\t")
_STARTS = (
    "- a", "- b c d", "* s", "+ p", "1. one", "2. two", "7) x", "> q", "> > r", "# h", "## h2 #", "---", "***", "===",
    "```", "```py", "~~~", "    code", "\tcode", "text", "text  ", "", "", "", "1.", "-", "+ ", "\\", "*", "_", "|",
    "| a | b |", "|---|---|", ":-:|-", "| 1 | 2 | 3 |", "x | y", "--|--", "last \\| cell", "'''doc", "x = 1 # c",
)  # fmt: skip
_INLINE = (
    "**bold**", "**bold", "bold** t", "`tick", "`` ` ``", "*em* and _u_", "a*b*c", "[l](http://e.com/a_b)", "[open",
    "](url)", "(x)", "<tag>", "&amp; &#27; &#x202e;", "é 漢字かな「引用」。", "~~s~~", "![i](u)", "https://e.com/x_y_z",
    "2 * 3 * 4", "a_b_c", "<http://a.b>", "\u202eb", "\x1b[31m", "😀 👩‍👩‍👧 e\u0301", "\\*", "\\(x_1\\)", "$a*b$", "$5",
    "**注意：**", "请看", "“重点”", "，",
    "a very long line of words that needs to be wrapped more than once at this width, surely **yes** it does",
    "word" * 12, "__x__", "***", "**", "_", "\t",
)  # fmt: skip

_LINES = _STARTS + _INLINE
_WORDS = (*_INLINE, "plain words")


def _document(shape: bytes) -> str:
    """One to sixteen lines: one piece that may be indented, or some that stand in a row."""
    numbers = chain(shape, repeat(0))
    lines = []
    for _ in range(1 + min(next(numbers) % 16, next(numbers) % 16)):
        number, is_row = divmod(next(numbers), 2)
        if is_row:
            lines.append(" ".join(_WORDS[next(numbers) % len(_WORDS)] for _ in range(1 + number % 6)))
        else:
            lines.append(_INDENTS[number % len(_INDENTS)] + _LINES[next(numbers) % len(_LINES)])
    return "\n".join(lines)


documents = st.binary(min_size=60, max_size=60).map(_document)
paragraphs = some((*_INLINE, " ", " ", "plain", "\n"), least=1, most=30).map("".join)
