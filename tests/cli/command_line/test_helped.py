"""Every help page, at every width, and what is said of a mistyped word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from chatbot.cli.command_line.declared import Group
from chatbot.cli.commands import COMMANDS, declared, entry, find
from chatbot.cli.main import main
from chatbot.terminal.notices import Notices

WIDTHS = (40, 80, 120)
Page = Callable[..., str]

# NAME, KEY=VALUE, I/N, PATH|-, TEXT|@PATH, or [some|fixed|choices].
METAVAR = re.compile(r"[A-Z]+([=:|/]@?[A-Z]+|\|-)*|\[[a-z]+(\|[a-z]+)+\]")
OPTION = re.compile(r"  (-\w, )*(-\w|--[a-z-]+(, --[a-z-]+)*)( (?P<metavar>\S+))?")


@pytest.fixture
def page(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Page:
    """The help page of a command at a width, as it is piped."""

    def read(*words: str, columns: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        notices = Notices(lambda text: None, str, colour=False)
        run, rest = find([*words, "--help"])
        assert run(rest, notices) == 0
        return capfd.readouterr().out

    return read


def rows(page: str, heading: str) -> list[str]:
    """The first words of the rows under a heading."""
    return re.findall(r"^  (\S+)", page.partition(f"\n{heading}\n")[2].partition("\n\n")[0], re.MULTILINE)


def all_commands(page: Page) -> Iterator[tuple[str, ...]]:
    yield ()
    for name in (one.name for one in COMMANDS if one.module):
        yield (name,)
        for under in rows(page(name), "Commands"):
            yield (name, under)
    yield from (("models", "default"), ("models", "alias"))  # beside what `chat models` does itself
    yield from (("batch", name) for name in ("submit", "status", "fetch", "cancel"))  # beside what `chat batch` does
    yield from (("learn", name) for name in ("start", "check", "hint", "show"))  # beside what `chat learn` does itself
    yield ("lab", "render")  # hidden, but it has a page


def test_the_walk_meets_every_command(page: Page) -> None:
    pages = list(all_commands(page))
    with_pages = {command.name for command in COMMANDS if command.module}
    assert {words[0] for words in pages if words} == with_pages
    assert len(pages) == 75


def test_every_page_has_whole_sentences_at_every_width(page: Page) -> None:
    for words in all_commands(page):
        wide = page(*words, columns=1000)
        for columns in WIDTHS:
            text = page(*words, columns=columns)
            assert max(map(len, text.splitlines())) < columns, (words, columns)
            assert text.split() == wide.split(), (words, columns)
            assert text.endswith("\n") and not text.endswith("\n\n")
        assert "..." not in re.sub(r"[A-Z]\.\.\.|COMMAND \.\.\.|, \.\.\.", "", wide), words


@pytest.mark.parametrize("group", ["logs", "templates", "lab"])
def test_a_group_tells_the_whole_sentence_of_each_command(page: Page, group: str) -> None:
    listed = " ".join(page(group).split())
    for name in rows(page(group), "Commands"):
        sentence = " ".join(page(group, name).split("\n\n")[1].split())
        assert sentence.endswith((".", "/NAME.")) and f"{name} {sentence}" in listed


def test_the_options_of_a_usual_command_without_a_page_stand_on_that_of_all(page: Page) -> None:
    for name in (one.name for one in COMMANDS if one.module):
        group = declared(entry([name]))
        usual = group.find(group.usual) if isinstance(group, Group) else None
        if isinstance(group, Group) and usual and usual.hidden and not group.takes_words:
            text = page(name)
            assert all(option.choice.help in " ".join(text.split()) for option in usual.options), name
            assert page(name, usual.name).startswith(f"Usage: chat {name} [OPTIONS]\n")
    assert rows(page("config"), "Options") == ["--where", "--json", "-h,"]


def test_an_option_that_means_nothing_to_a_command_is_none_of_it(page: Page) -> None:
    for name, without in (
        ("probe", "--api --base-url --max-retries --no-stream"),
        ("models", "--api --max-time --max-retries --no-stream --stream"),
    ):
        assert "--timeout SECONDS" in page(name)
        for flag in without.split():
            assert flag not in page(name), name
            assert main([name, flag]) == 2


def test_what_stands_for_a_value_is_of_one_kind_on_every_page(page: Page) -> None:
    for words in all_commands(page):
        text = page(*words, columns=40)  # options stand alone on their lines
        options = [line for line in text.splitlines() if line.startswith("  -")]
        assert options
        for line in options:
            option = OPTION.fullmatch(line)
            assert option, line
            metavar = option["metavar"]
            assert metavar is None or METAVAR.fullmatch(metavar), line
            assert metavar not in ("S", "T", "P", "FLOAT", "INTEGER", "WHEN"), line
        assert not re.search(r"FLOAT|INTEGER|RANGE|<\w+|x>=|<=x|\[default|\[required", text), words


def test_every_option_of_chat_stands_under_a_heading_that_says_what_it_is_about(page: Page) -> None:
    text = page()
    headings = re.findall(r"^(?!Usage|Asks|The question|\"|A question|A switch)(\S.*)", text, re.MULTILINE)
    assert headings == [
        "What to ask",
        "Who answers",
        "How it answers",
        "The form of the answer",
        "Tools",
        "What is shown",
        "The connection",
        "An answer that breaks off",
        "The HTTP",
        "The cache",
        "The conversation",
        "What it may cost",
        "Several models",
        "This program",
        "What was asked",
        "Your settings",
        "Other commands",
    ]
    assert rows(text, "Who answers") == ["-m,", "--provider"]
    assert rows(text, "This program") == ["--debug", "--install-completion", "--show-completion", "-V,", "-h,"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--modle x", "there is no option --modle|Did you mean --model?|Try: chat --help"),
        ("--timout=3 hi", "there is no option --timout|Did you mean --timeout?|Try: chat --help"),
        ("--zzz", "there is no option --zzz|Try: chat --help"),
        ("--show-thinkin", "there is no option --show-thinkin|Try: chat --help"),  # only what the help names
        ("logs serach", "there is no command serach|Did you mean search?|Try: chat logs --help"),
        ("logs xyzzy", "there is no command xyzzy|Try: chat logs --help"),
        ("logs search --limti 3", "there is no option --limti|Did you mean --limit?|Try: chat logs search --help"),
        ("logs search", "missing argument 'WORD'|Try: chat logs search --help"),
        ("templates shwo", "there is no command shwo|Did you mean show?|Try: chat templates --help"),
        ("config --no-raw", "there is no option --no-raw|Try: chat config --help"),
        ("keys --jsno", "there is no option --jsno|Did you mean --json?|Try: chat keys --help"),
        ("keys list --x", "there is no option --x|Try: chat keys --help"),
        ("cache --x", "there is no option --x|Try: chat cache --help"),
        ("logs --x", "there is no option --x|Try: chat logs list --help"),
        ("lab rendre", "there is no command rendre|Try: chat lab --help"),
        ("lab serve --prot 1", "there is no option --prot|Did you mean --port?|Try: chat lab serve --help"),
    ],
)
def test_a_mistyped_word_is_told_with_what_was_meant(line: str, told: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    out, err = capfd.readouterr()
    assert (out, err.removeprefix("chat: ").replace("\n      ", "|")) == ("", f"{told}\n")
