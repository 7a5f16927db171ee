import cProfile
import re
from collections.abc import Callable

from chatbot.terminal.markdown.inline import parse
from chatbot.terminal.markdown.look import CODE, DIM, EMPHASIS, LINK, PLAIN, STRONG, STRUCK
from chatbot.terminal.markdown.stream import one_piece
from chatbot.terminal.sanitise import sanitise
from tests.tables import each
from tests.terminal.texts import TEXTS


def shown(text: str) -> str:
    return "".join(part for part, _ in parse(text).runs)


@each(
    ("source", "style"),
    [("**x**", STRONG), ("*x*", EMPHASIS), ("~~x~~", STRUCK), ("`x`", CODE), ("<http://x>", LINK), ("x", PLAIN)],
)
def test_marks_are_styles(source: str, style: object) -> None:
    assert [run_style for text, run_style in parse(source).runs if text] == [style]


@each("source", ["vector<int>", "Map<K, List<T>>", "a </kbd> b", "<think>", "<!-- c -->", "<br>"])
def test_html_is_text(source: str) -> None:
    assert shown(source) == source


@each("source", ["[/]", "[bold]x[/bold]", "[link=http://e]y[/link]", ":smile:", "[[x]]", "[x][y]"])
def test_markup_of_other_kinds_is_text(source: str) -> None:
    assert shown(source) == source


def test_the_target_of_a_link_is_shown() -> None:
    assert parse("[bank.com](http://evil.com)").runs == (("bank.com", LINK), (" (http://evil.com)", DIM))
    assert shown("[e](<http://e.com/a b>) [f](http://e.com/ünï)") == "e (http://e.com/a b) f (http://e.com/ünï)"


def test_a_link_to_itself_is_shown_once() -> None:
    assert shown("<http://e.com> <a@b.example> [x](x)") == "http://e.com a@b.example x"


@each("source", ["[x](javascript:alert(1))", "[x](vbscript:y)", "[x](data:text/html,y)"])
def test_a_link_that_would_run_something_is_text(source: str) -> None:
    assert shown(source) == source


def test_an_image_is_named_at_its_place() -> None:
    assert shown("a ![alt](u) b") == "a [image: alt] (u) b"


def test_entities_are_decoded() -> None:
    assert shown("&amp; &copy; &#65; &nosuch;") == "& © A &nosuch;"


@each("formula", ["\\(a_1 * b_2\\)", "\\[x\n*y*\\]", "$a*b$", "$$\na_1*b*\n$$", "$x$"])
def test_a_formula_is_kept_as_it_is(formula: str) -> None:
    assert shown(f"see {formula} there") == f"see {formula} there"
    assert parse(formula).runs == ((formula, CODE),)


@each(
    ("source", "bold"),
    [
        ("**注意：**请看", "注意："),
        ("这是**“重点”**的内容", "“重点”"),
        ("これは**「強調」**です", "「強調」"),
        ("**'강조'**는", "'강조'"),
        ("中文**（括号）**，完", "（括号）"),
        ("版本**v1.0（新）**发布", "v1.0（新）"),
        ("**a**，**b**", "ab"),
        ("见**`代码`**吧", "代码"),
    ],
)
def test_bold_needs_no_space_beside_chinese_japanese_or_korean(source: str, bold: str) -> None:
    runs = parse(source).runs
    assert "".join(text for text, style in runs if style.bold) == bold
    assert "*" not in shown(source)


@each("source", ["中文 ** 星 ** 号", "a**“x”**b", '**"x."**y', "a * b", "漢字 * 3 * 4", "_注意：_请看"])
def test_marks_that_enclose_nothing_stay_text(source: str) -> None:
    assert shown(source) == source


def test_prices_are_no_formula() -> None:
    assert shown("from $5 *to* $10") == "from $5 to $10"


@each("source", ["a **b", "a `b", "a [b", "[a](b", "a &am", "<http://x", "\\(x", "$$x", "$x", "*a"])
def test_text_that_may_still_change_is_open(source: str) -> None:
    assert parse(source).open


@each("source", ["a **b** c", "2 * 3", "a_b_c", "[a] b", "[a](b) c", "a < b", "AT&T x", "`a`", "~5"])
def test_text_that_cannot_change_is_not_open(source: str) -> None:
    assert not parse(source).open


def test_a_label_may_hold_brackets_an_image_and_marks() -> None:
    assert shown("[a[0] **b** [c]](u) [![i](v)](w)") == "a[0] b [c] (u) [image: i] (v) (w)"
    assert shown("[a](u] (x) [b](v)") == "[a](u] (x) b (v)"


def steps_of(work: Callable[[], object]) -> int:
    """Calls of functions: a measure of its cost that no load changes."""
    profile = cProfile.Profile(builtins=False)
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


@each(
    "unit",
    ["<![CDATA[", "![", "![a](", "[[a]", "[a](", "[a][", "[", "[a](<", "[a](b 'c", "![[", "[![", "**a ", "a*", "$a "],
)
@each("ending", ["", "](u)"])
def test_openings_that_repeat_cost_no_more_than_their_length(unit: str, ending: str) -> None:
    parse("[warm](u) **up**")
    one, four = (steps_of(lambda: parse((unit * 1_000)[:length] + ending)) for length in (250, 1_000))  # noqa: B023
    assert four < 12 * one
    assert four < 100 * 1_000


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]{3,}", text)


@each("width", [80, 31])
@each("name", sorted(TEXTS.keys() - {"emphasis", "entities", "ends_in_link"}))
def test_no_word_is_lost(name: str, width: int) -> None:
    """Rows are joined, as a long word may be cut; words inside of which marks stand, and titles, count not."""
    text = sanitise(TEXTS[name])
    everything = "".join("".join(row.text.split()) for row in one_piece(text, width)).replace("▌", "")
    lost = [word for word in words(text) if word not in everything and word not in ("title", "br")]
    assert len(lost) <= 0.03 * len(words(text)), lost
