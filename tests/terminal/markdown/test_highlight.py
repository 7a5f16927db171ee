import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import Name, _TokenType
from rich.style import Style

from chatbot.terminal.markdown import highlight
from chatbot.terminal.markdown.highlight import Highlighter
from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.row import Row, joined
from tests.tables import each
from tests.terminal.markdown.languages import HOSTILE, random_blocks

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


@each("path", SOURCES)
def test_lines_get_the_colours_that_they_have_in_the_whole_file(path: Path) -> None:
    text = path.read_text("utf-8").rstrip("\n")
    pairs = list(zip(in_lines("python", text), at_once("python", text), strict=True))
    assert sum(line == whole for line, whole in pairs) >= 0.98 * len(pairs)


@each(
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


def test_a_variable_has_a_colour_of_its_own() -> None:
    assert [text for text, style in Highlighter("bash").line("echo $HOME") if style == Style(color="red")] == ["$HOME"]


def test_a_look_ahead_changes_nothing() -> None:
    highlighter = Highlighter("c")
    highlighter.line("/* a")
    ahead = highlighter.clone()
    ahead.line("*/ int x;")
    assert highlighter.line("b")[0][1].dim


# One of the words for each lexer; what is only named here is not loaded with this file.
LEXERS = {word: name for name, words, _, _ in get_all_lexers(plugins=False) for word in words}
NAMES = sorted({LEXERS.get(lexer): language for language, lexer in highlight._LANGUAGES.items()}.values())


@contextmanager
def cpu_alarm(limit_s: float) -> Iterator[None]:
    """Ends what takes so much of this process's time; nobody else's work counts."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class TookTooLong(BaseException):
    pass


def costs(work: Callable[[], object], most_ms: float) -> bool:
    """Whether one of a few runs takes no more CPU than that: the others were interrupted, or the first of their kind.
    The clock of the process goes in steps once a CPU alarm was set; that of the thread does not.
    """
    return any(cost_ms(work) <= most_ms for _ in range(8))


def cost_ms(work: Callable[[], object]) -> float:
    began_s = time.thread_time()
    work()
    return 1_000 * (time.thread_time() - began_s)


def test_every_language_of_the_table_is_one_that_pygments_knows() -> None:
    assert set(highlight._LANGUAGES.values()) <= set(LEXERS)
    assert len(NAMES) >= 40


@pytest.mark.parametrize("language", NAMES)
def test_a_hostile_line_comes_to_its_end_with_all_its_text(language: str) -> None:
    def comes_to_its_end(line: str) -> None:
        highlighter = Highlighter(language)
        for text in (line, "next"):
            assert "".join(part for part, _ in highlighter.line(text)) == text

    # Half as long as the longest line that is coloured, in an eighth of 2 s: what grows with the cube fails at both.
    for line in HOSTILE:
        with cpu_alarm(2.0):
            assert costs(lambda: comes_to_its_end(line), 250), line  # noqa: B023  (called at once)


def test_random_blocks_keep_their_text_in_every_language() -> None:
    for number, block in enumerate(random_blocks(seed=1, count=600)):
        with cpu_alarm(5.0):
            assert "\n".join(row.text for row in in_lines(NAMES[number % len(NAMES)], block)) == block


@each("language", NAMES)
def test_a_line_that_is_being_typed_costs_a_millisecond_at_most(language: str) -> None:
    # The reference takes 0.14 ms where the dearest line takes 1.0 ms; another machine is slower at both.
    reference_ms = min(cost_ms(lambda: [re.match("(?:a|b|c)*d", "abc" * 20) for _ in range(200)]) for _ in range(5))
    for line in HOSTILE:
        typed = Highlighter(language).clone()
        assert costs(lambda: typed.clone().line(line), 12 * reference_ms), line  # noqa: B023  (called at once)


@each("language", ["scala", "fish", "tcsh", "rego", "markdown", "http", "vim", "nosuch", ""])
def test_an_unknown_language_is_plain(language: str) -> None:
    assert Highlighter(language).line('x = "a"') == (('x = "a"', PLAIN),)


@each("language", ["postgresql", "pgsql", "SQL"])
def test_a_body_in_dollars_is_sql_like_any_other(language: str) -> None:
    runs = Highlighter(language).line("DO $$ BEGIN SELECT 1; END $$ LANGUAGE fish;")
    assert "".join(text for text, _ in runs) == "DO $$ BEGIN SELECT 1; END $$ LANGUAGE fish;"
    assert any(style != PLAIN for _, style in runs)


def test_whatever_a_lexer_raises_the_line_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Lexer):
        def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
            yield 0, Name, text[:1]
            raise AttributeError("text")

    monkeypatch.setattr(highlight, "_lexer", lambda language: Failing())
    highlighter = Highlighter("any")
    assert highlighter.line("abc") == (("abc", PLAIN),)
    assert highlighter.line("") == ()


def test_a_line_beyond_its_budget_goes_on_plainly_and_the_next_has_its_colours() -> None:
    hard = "\\" * 499 + "a"
    highlighter = Highlighter("java")
    assert "".join(text for text, _ in highlighter.line(hard)) == hard
    assert any(style != PLAIN for _, style in highlighter.line("return 1;"))


def test_a_very_long_line_is_plain() -> None:
    text = "x = 1; " * 400
    assert Highlighter("python").line(text) == ((text, PLAIN),)


def test_a_comment_that_does_not_end_costs_no_more_with_each_line() -> None:
    highlighter = Highlighter("c")
    for _ in range(3_000):
        highlighter.line("/* a comment that goes on")
    assert highlighter._held == "/* a comment that goes on\n"
    assert highlighter.line("*/ int x;")[-1][1] == PLAIN
