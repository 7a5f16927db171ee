"""A command line up to the cursor, and the words put behind it."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.cli.completion.typed import Word, read_words
from tests.tables import each

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
OPEN = st.sampled_from(["", "'", '"'])


def meant(line: str) -> list[str]:
    return [word.value for word in read_words(line)]


@each(
    ("line", "words"),
    [
        ("chat ", ["chat", ""]),
        ("chat  -m   x", ["chat", "-m", "x"]),
        ("chat 'a b' \"c d\" e\\ f", ["chat", "a b", "c d", "e f"]),
        ("chat 'it'\\''s'", ["chat", "it's"]),
        ('chat "\\$x \\n"', ["chat", "$x \\n"]),
        ("chat 'begun and", ["chat", "begun and"]),
        ("chat 'begun ", ["chat", "begun "]),
        ("chat a\\ ", ["chat", "a "]),
        ("chat a\\", ["chat", "a"]),
        ("chat x > out.txt -m ", ["chat", "x", "-m", ""]),
        ("chat x 2>err <in -m y", ["chat", "x", "-m", "y"]),
        ("chat x >out", ["chat", "x", "out"]),
        ("chat '' x", ["chat", "", "x"]),
    ],
)
def test_the_words_of_a_line_are_those_of_the_shell(line: str, words: list[str]) -> None:
    assert meant(line) == words


def test_the_target_of_a_redirection_is_known_at_the_cursor() -> None:
    assert [read_words(f"chat hi {end}")[-1].is_target for end in (">", "> ou", "2>x", "> x ", "x")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@given(st.lists(TEXT, max_size=4))
def test_words_that_were_quoted_are_read_as_they_were(words: list[str]) -> None:
    assert meant(" ".join(map(shlex.quote, ["chat", *words])) + " ") == ["chat", *words, ""]


@given(st.text("ab'\"\\ $<>:@=#\n", max_size=30))
def test_any_line_has_a_word_at_its_end(line: str) -> None:
    assert read_words(line)


@given(TEXT, TEXT, OPEN)
def test_a_word_that_goes_on_means_the_value_whatever_quote_is_open(begun: str, rest: str, quote: str) -> None:
    typed = Word().become(begun) if not quote else quote + Word("", "", quote).become(begun)
    [*before, word] = read_words(typed)
    assert (before, word.value, word.quote) == ([], begun, quote)
    whole = word.become(begun + rest)
    assert whole.startswith(typed)
    assert meant(f"{whole}{quote} end") == [*([begun + rest] if whole + quote else []), "end"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_bash_reads_such_a_word_as_it_was_meant(quote: str) -> None:
    value = "".join(map(chr, range(32, 127))).replace("!", "") + "é ü\\"
    word = quote + Word("", "", quote).become(value) + quote
    done = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, text=True)
    assert done.stdout == value


def test_what_no_shell_takes_for_something_else_is_not_quoted() -> None:
    assert Word("oll", "oll").become("ollama/qwen3:8b@x=1,é") == "ollama/qwen3:8b@x=1,é"
    assert Word().become("~x !#*?") == "\\~x\\ \\!\\#\\*\\?"
