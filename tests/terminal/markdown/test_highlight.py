from pathlib import Path

import pytest
from pygments.lexers import get_lexer_by_name

from chatbot.terminal.markdown import highlight
from chatbot.terminal.markdown.highlight import Highlighter
from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.row import Row, joined

SOURCES = sorted(Path(highlight.__file__).parent.glob("*.py"))


def in_lines(language: str, text: str) -> list[Row]:
    highlighter = Highlighter(language)
    return [Row(highlighter.line(line)) for line in text.split("\n")]


def at_once(language: str, text: str) -> list[Row]:
    """As Pygments lexes the whole text, cut into lines afterwards."""
    lines: list[list[tuple[str, object]]] = [[]]
    for _, kind, part in get_lexer_by_name(language).get_tokens_unprocessed(text + "\n"):
        first, *others = part.split("\n")
        lines[-1].append((first, kind))
        lines += [[(other, kind)] for other in others]
    return [Row(joined((text, highlight._colour(kind)) for text, kind in line)) for line in lines[:-1]]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_lines_get_the_colours_that_they_have_in_the_whole_file(path: Path) -> None:
    text = path.read_text("utf-8").rstrip("\n")
    pairs = list(zip(in_lines("python", text), at_once("python", text), strict=True))
    assert sum(line == whole for line, whole in pairs) >= 0.98 * len(pairs)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", "int x; /* a\n b */ int y; // z\n#define A \\\n  1\n"),
        ("js", "let a = `x\n${b}\n`; // c"),
        ("html", "<p class='a'>x <!--\n y --></p>"),
        ("python", '"""a\nb\n""" + f"{x!r}" # c'),
        ("bash", "cat <<E\nx $y\nE\necho 'a\nb'"),
        ("json", '{"a": [1,\n null]}'),
        ("yaml", "a:\n  - b: |\n      c\n"),
        ("php", "text <?php\n echo 1;"),
        ("ruby", "x = <<A\n y\nA\n"),
        ("nosuchlanguage", "a\nb"),
        ("", "a"),
        ("pycon", ">>> x\n1\n"),
        ("diff", "- a\n+ b"),
    ],
)
def test_the_text_is_always_that_of_the_source(language: str, text: str) -> None:
    assert "\n".join(row.text for row in in_lines(language, text)) == text


def test_a_comment_over_lines_is_a_comment_in_each() -> None:
    first, second, third = in_lines("c", "/* a\nb */ int\nx")
    assert len(first.runs) == 1 and first.runs[0][1].dim
    assert second.runs[0][1].dim and not second.runs[-1][1].dim
    assert not third.runs[-1][1].dim


def test_a_look_ahead_changes_nothing() -> None:
    highlighter = Highlighter("c")
    highlighter.line("/* a")
    ahead = highlighter.clone()
    ahead.line("*/ int x;")
    assert highlighter.line("b")[0][1].dim


def test_a_very_long_line_is_plain() -> None:
    text = "x = 1; " * 400
    assert Highlighter("python").line(text) == ((text, PLAIN),)


def test_a_comment_that_does_not_end_costs_no_more_with_each_line() -> None:
    highlighter = Highlighter("c")
    for _ in range(3_000):
        highlighter.line("/* a comment that goes on")
    assert len(highlighter._held) < 21_000
