"""What a typed line means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.terminal.input.input_line import InputParser, Question, SlashCommand, Unknown, is_open_block
from chatbot.terminal.repl.commands import NAMES
from tests.tables import each

READER = InputParser(NAMES, lambda name: name in ("/etc", "/tmp", "/help"))


@each(
    ("call", "ways"),
    [
        (SlashCommand("help", ""), ["/help", "/HELP", "/?"]),
        (SlashCommand("model", "gpt-5"), ["/model gpt-5", "/model   gpt-5  ", ".model gpt-5"]),
        (SlashCommand("system", "You are /etc/hosts"), ["/system You are /etc/hosts"]),
        (SlashCommand("retry", ""), ["!retry"]),
        (SlashCommand("exit", ""), [":q", "/quit", "exit", "Quit ", "/exit\n"]),
    ],
)
def test_a_command_is_called_by_any_of_its_words(call: SlashCommand, ways: list[str]) -> None:
    for typed in ways:
        assert READER.read(typed) == call, typed


@each(
    "text",
    [
        "why is the sky blue?",
        "exit code 3 means what?",
        "/etc/hosts is broken",
        "/etc is full",
        "/ is the root",
        "/* a comment */",
        "/42?",
        "//",
        "// is a comment in C",
        "//server/share cannot be reached",
        "!important in css",
        "!important",
        ":smile:",
        ".gitignore",
        ".5 + .5",
        "...",
        "",
        "   indented code",
        "a question\nof two lines",
        "/exit\nis what I typed",
        "/exit\n\n/exit",
        '"""not closed',
        '"""Docstring."""\ndef f():\n    """Another."""',
    ],
)
def test_other_text_is_a_question_as_it_stands(text: str) -> None:
    assert READER.read(text) == Question(text)


@each(
    ("typed", "sent"),
    [
        (" /exit", "/exit"),
        ("\t/exit now", "/exit now"),
        ("  /exit", " /exit"),
        (" exit", "exit"),
        (" /exit\n", "/exit\n"),
        ("///exit", "///exit"),
        ("//exit", "/exit"),
        ("//what is a slash", "/what is a slash"),
        ('"""/exit"""', "/exit"),
        ('"""\n/exit\n"""', "/exit"),
        ('"""\n\none\ntwo\n\n"""', "\none\ntwo\n"),
        ('""""""', ""),
    ],
)
def test_what_would_be_a_command_can_be_sent(typed: str, sent: str) -> None:
    assert READER.read(typed) == Question(sent)


@each(
    ("typed", "unknown"),
    [
        ("/modle gpt-5", Unknown("/modle", "model")),
        ("/hlep", Unknown("/hlep", "help")),
        ("/xyzzy", Unknown("/xyzzy", None)),
        (".modle", Unknown(".modle", "model")),
    ],
)
def test_an_unknown_command_is_not_sent_and_the_nearest_is_named(typed: str, unknown: Unknown) -> None:
    assert READER.read(typed) == unknown


def test_a_command_wins_over_a_file_of_the_same_name() -> None:
    assert READER.read("/help") == SlashCommand("help", "")


COMMANDS = st.sampled_from(sorted(NAMES)).map(lambda name: "/" + name)


@given(st.text(alphabet='/.!: \n"exitmodlq?', max_size=12) | COMMANDS | st.text())
def test_pasted_text_is_never_a_command_and_is_sent_as_it_stands(pasted: str) -> None:
    typed = READER.as_text(pasted)
    assert READER.read(typed) == Question(pasted)
    assert not is_open_block(typed)


def test_ordinary_text_is_pasted_unaltered() -> None:
    for pasted in ("a /exit", "one\ntwo", "/etc/hosts is broken", "    indented"):
        assert READER.as_text(pasted) == pasted


def test_a_block_is_open_until_its_second_quotes() -> None:
    for typed in ('"""', '"""one\ntwo'):
        assert is_open_block(typed), typed
    for typed in (' """one', '"""one"""', 'one """', '"""a"""b"""', ""):
        assert not is_open_block(typed), typed
