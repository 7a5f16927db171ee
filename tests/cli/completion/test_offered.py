"""What is offered at the cursor, by the declarations."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.cli import commands
from chatbot.cli.command_line.declared import Command
from chatbot.cli.completion.offered import Offered, offered
from chatbot.cli.completion.sources import SOURCES, Offer
from tests.tables import cases, each

KNOWN = {
    "models": ["ollama/qwen3:8b", "openai/gpt", "my model"],
    "providers": ["openai", "ollama"],
    "templates": ["review"],
    "conversations": ["7txv3v", "m0gd3a"],
    "exchanges": ["x1"],
    "settings": ["timeout"],
    "shells": ["bash", "zsh"],
    "tools": ["read", "shell"],
    "mcp_servers": ["time"],
}


def at(line: str) -> Offered:
    *words, typed = shlex.split(line) if not line.endswith(" ") else [*shlex.split(line), ""]
    return offered(words[1:], typed, {name: lambda known=known: map(Offer, known) for name, known in KNOWN.items()})  # type: ignore[misc]


def texts(line: str) -> list[str]:
    return [offer.text for offer in at(line).offers]


@each(
    "line, words",
    cases("""
        chat lo | logs
        chat logs sh | show
        chat logs s | show search stats
        chat logs show 7 | 7txv3v
        chat logs delete 7txv3v m | m0gd3a
        chat logs --js | --json
        chat logs show --rea | --reasoning
        chat logs export --format j | json
        chat mcp tools t | time
        chat -m o | ollama/qwen3:8b openai/gpt
        chat -qm op | openai/gpt
        chat --model my | my model
        chat --model=op | --model=openai/gpt
        chat --color=n | --color=never
        chat -r 7 | 7txv3v
        chat --resume m | m0gd3a
        chat --provider op | openai
        chat --role re | review
        chat hello there --as h | http httpie
        chat --raw --no- | --no-stdin --no-env-file --no-stream --no-log-bodies --no-cache --no-log
        chat --usage --usa | nothing
        chat -vv --verb | --verbose
        chat help lo | logs
        chat help logs sh | show
        chat completion b | bash
        chat http show x | x1
        chat http x | x1
        chat http -- x | x1
        chat report x | x1
        chat limits ol | ollama
        chat cache why -m op | openai/gpt
        chat hello lo | nothing
        chat --temperature 0 lo | nothing
        chat -- --mod | nothing
        chat -- lo | nothing
        chat keys x | nothing
        chat models al | alias
        chat models op | openai
        chat models alias fast op | openai/gpt
        chat config set ti | timeout
        chat logs nonsense --he | --help
        chat lab nonsense --he | --help
        chat -s te | nothing
        chat --json --json | nothing
    """),
)
def test_a_line_is_completed_with(line: str, words: str) -> None:
    found = at(line)
    assert (" ".join(offer.text for offer in found.offers) or "nothing", found.paths) == (words, "")


@each(
    ("line", "paths", "skipped"),
    [
        ("chat -f no", "files", 0),
        ("chat --file=no", "files", 7),
        ("chat --image ", "files", 0),
        ("chat -s @no", "files", 1),
        ("chat --system=@no", "files", 10),
        ("chat --out ", "folders", 0),
        ("chat --env-file ", "files", 0),
        ("chat logs import ", "files", 0),
        ("chat logs export -o ", "files", 0),
        ("chat lab serve --replay ", "files", 0),
    ],
)
def test_paths_are_left_to_the_shell(line: str, paths: str, skipped: int) -> None:
    assert at(line) == Offered(paths=paths, skipped=skipped)


def test_a_dash_offers_short_names_too_and_each_option_has_its_sentence() -> None:
    offers = at("chat -").offers
    assert {"-m", "--model", "-h", "--help"} <= {offer.text for offer in offers}
    assert all(offer.about.endswith(".") for offer in offers)
    assert "--show-thinking" not in texts("chat --show")  # an old name goes on working, and is not offered


def test_every_option_of_every_command_is_offered() -> None:
    for entry in commands.COMMANDS:
        if not entry.module:
            continue
        declared = commands.declared(entry)
        each = [declared] if isinstance(declared, Command) else declared.shown
        for command in each:
            path = ["chat", entry.name] if command is declared else ["chat", entry.name, command.name]
            flags = {flag for option in command.options for flag in option.flags}
            assert set(texts(" ".join([*path, "-"]))) == {*flags, "-h", "--help"}


def test_each_kind_of_value_that_is_declared_has_a_source() -> None:
    declared = [commands.declared(entry) for entry in (commands.CHAT, *commands.COMMANDS) if entry.module]
    each = [one for found in declared for one in ([found] if isinstance(found, Command) else found.commands)]
    kinds = {option.choice.completes for command in each for option in command.options}
    kinds |= {word.completes for command in each for word in command.positionals}
    assert kinds - {""} <= set(SOURCES) == set(KNOWN)


def test_a_value_that_a_terminal_could_take_for_a_command_is_left_out() -> None:
    def hostile() -> Iterator[Offer]:
        yield from (Offer("a\x1b]0;x\x07"), Offer("a\nb"), Offer("ab"))

    found = offered(["-t"], "", {**SOURCES, "templates": hostile})
    assert [offer.text for offer in found.offers] == ["ab"]


def test_a_program_on_path_is_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chat-weather"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "chat-notes").write_text("not executable")
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    assert at("chat we").offers == [Offer("weather", "The program chat-weather.")]
    assert texts("chat no") == []
    assert at("chat weather ").paths == "files"
