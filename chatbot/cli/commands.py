"""The commands: what a first word means that is exactly one of these; any other is a question.

Words that people type as commands elsewhere are kept free: they are never sent, and paid for, as questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from chatbot.core.errors import UsageError
from chatbot.terminal.notices import Notices

Run = Callable[[list[str], Notices], int]


def _help(words: list[str]) -> list[str]:
    """`chat help logs show` is `chat logs show --help`."""
    if words and words[0] not in names():
        advice = f'The commands: {", ".join(names())}. To ask it: chat -- "help {" ".join(words)}"'
        raise UsageError(f"there is no command {words[0]}", advice=advice)
    return [*(word for word in words if word not in ("help", "version")), "--help"]


def _version(words: list[str]) -> list[str]:
    """`chat version` is `chat --version`."""
    if words:
        raise UsageError("chat version takes nothing", advice=f'To ask it: chat -- "version {" ".join(words)}"')
    return ["--version"]


class Entry(NamedTuple):
    """`module` has a function of the command's name. `means` are the words that stand for the command and its words. A
    word with neither is reserved, and `instead` is the way today.
    """

    name: str
    help: str = ""
    module: str = ""
    means: Callable[[list[str]], list[str]] | None = None
    instead: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it can be used."""
        return bool(self.module or self.means)


CHAT = Entry("chat", "Asks an AI model.", "chatbot.cli.ask.command")
COMMANDS = (
    Entry("lab", "The offline provider: its scenarios, and a server of it.", "chatbot.cli.lab"),
    Entry("logs", "What was asked and answered, kept on this computer.", "chatbot.cli.logs"),
    Entry("templates", "Saved prompts.", "chatbot.cli.templates"),
    Entry("http", "The HTTP of the last answers.", "chatbot.cli.http"),
    Entry("report", "A file about the last answer, to show somebody else.", "chatbot.cli.report"),
    Entry("limits", "What the services said is left of their limits.", "chatbot.cli.limits"),
    Entry("models", "The models of the services, what they can do, and their prices.", "chatbot.cli.models.command"),
    Entry("cache", "The answers that chat --cache keeps.", "chatbot.cli.cache.command"),
    Entry(
        "keys", "The keys: which counts and where it is from, storing, and testing them.", "chatbot.cli.keys.command"
    ),
    Entry("config", "The settings, and what is in force.", "chatbot.cli.settings.command"),
    Entry("probe", "What a server that is compatible with OpenAI really supports.", "chatbot.cli.probe.command"),
    Entry("doctor", "What keeps chat from working here, and the way out.", "chatbot.cli.doctor.command"),
    Entry("help", "The help of chat, or of a command.", means=_help),
    Entry("version", "The version.", means=_version),
    Entry("settings", instead="The settings are shown and changed with chat config."),
    Entry("login", instead="A key is kept with: chat keys set NAME"),
    *map(Entry, "batch bench completion grade learn ledger relay serve".split()),
)
_BY_NAME = {entry.name: entry for entry in COMMANDS}


def find(argv: Sequence[str]) -> tuple[Run, list[str]]:
    """What runs these words, and the words it is given. Raises UsageError for a word that is kept free."""
    entry = _BY_NAME.get(argv[0], CHAT) if argv else CHAT
    words = list(argv if entry is CHAT else argv[1:])
    if entry.means:
        return find(entry.means(words))
    if not entry.module:
        raise UsageError(
            f"there is no command {entry.name} yet",
            advice="\n".join(filter(None, (entry.instead, f'To ask it: chat -- "{" ".join(argv)}"'))),
        )
    run: Run = getattr(import_module(entry.module), entry.name)
    return run, words


def names() -> tuple[str, ...]:
    """The commands that are there."""
    return tuple(entry.name for entry in COMMANDS if entry.is_there)
