"""Short documents out of pieces that open, close, interrupt and continue each other."""

from hypothesis import strategies as st

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

_line = st.tuples(st.sampled_from(_INDENTS), st.sampled_from(_STARTS + _INLINE)).map("".join)
_inline_line = st.lists(st.sampled_from((*_INLINE, "plain words")), min_size=1, max_size=6).map(" ".join)

documents = st.lists(st.one_of(_line, _inline_line), min_size=1, max_size=16).map("\n".join)
paragraphs = st.lists(st.sampled_from((*_INLINE, " ", " ", "plain", "\n")), min_size=1, max_size=30).map("".join)
