"""The commands: what a first word means that is exactly one of these, or a program's; any other is a question.

Words that people type as commands elsewhere are kept free: they are never sent, and paid for, as questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from chatbot.cli.command_line.declared import Command, Group
from chatbot.core.errors import UsageError
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

Run = Callable[[list[str], Notices], int]


def _version(words: list[str]) -> list[str]:
    """`chat version` is `chat --version`."""
    if words:
        raise UsageError("chat version takes nothing", advice=f'To ask it: chat -- "version {" ".join(words)}"')
    return ["--version"]


class Entry(NamedTuple):
    """`module` has a function of the command's name. `means` are the words that stand for the command and its words. A
    word with neither is reserved, and `instead` is what it is here. `heading` is the one it stands under in the help.
    """

    name: str
    help: str = ""
    module: str = ""
    means: Callable[[list[str]], list[str]] | None = None
    instead: str = ""
    heading: str = "Other commands"

    @property
    def is_there(self) -> bool:
        """Whether it can be used."""
        return bool(self.module or self.means)


_KEPT, _SET_UP = "What was asked", "Your settings"
CHAT = Entry("chat", "Asks an AI model.", "chatbot.cli.chat.command")
COMMANDS = (
    Entry("lab", "The offline provider: its faults, a server of it, a judge of clients.", "chatbot.cli.lab.command"),
    Entry("logs", "What was asked and answered, kept on this computer.", "chatbot.cli.logs.command", heading=_KEPT),
    Entry("templates", "Saved prompts.", "chatbot.cli.templates", heading=_SET_UP),
    Entry("http", "The HTTP of the last answers.", "chatbot.cli.http", heading=_KEPT),
    Entry("report", "A file about the last answer, to show somebody else.", "chatbot.cli.report", heading=_KEPT),
    Entry("limits", "What the services said is left of their limits.", "chatbot.cli.limits.command", heading=_KEPT),
    Entry("ledger", "Every host that was contacted: bytes, cost, by day.", "chatbot.cli.cost.command", heading=_KEPT),
    Entry("cache", "The answers that chat --cache keeps.", "chatbot.cli.cache.command", heading=_KEPT),
    Entry(
        "models",
        "The models of the services, what they can do, and their prices.",
        "chatbot.cli.models.command",
        heading=_SET_UP,
    ),
    Entry(
        "keys",
        "The keys: which counts and where it is from, storing, and testing them.",
        "chatbot.cli.keys.command",
        heading=_SET_UP,
    ),
    Entry("mcp", "The MCP servers of chat --mcp, and their tools.", "chatbot.cli.mcp.command", heading=_SET_UP),
    Entry("config", "The settings, and what is in force.", "chatbot.cli.settings.command", heading=_SET_UP),
    Entry(
        "completion",
        "The Tab key in bash, zsh, fish and PowerShell.",
        "chatbot.cli.completion.command",
        heading=_SET_UP,
    ),
    Entry(
        "batch", "A question for each row of a file, at the pace that the service allows.", "chatbot.cli.batch.command"
    ),
    Entry("probe", "What a server that is compatible with OpenAI really supports.", "chatbot.cli.probe.command"),
    Entry("serve", "Any provider, for programs that speak to OpenAI.", "chatbot.cli.serve.command"),
    Entry("relay", "A relay at the edge, for apps that must not have the key.", "chatbot.cli.relay.command"),
    Entry("receipt", "What --receipt wrote: whether an answer is whole.", "chatbot.cli.receipt.command", heading=_KEPT),
    Entry("doctor", "What keeps chat from working here, and the way out.", "chatbot.cli.doctor.command"),
    Entry("learn", "A course on web APIs in thirteen exercises, offline.", "chatbot.cli.learn.command"),
    Entry("help", "The help of chat, or of a command.", "chatbot.cli.help.command"),
    Entry("version", "The version.", means=_version),
    Entry("settings", instead="chat config"),
    Entry("login", instead="chat keys set NAME"),
    Entry("grade", instead="chat lab grade"),
    Entry("bench", instead="chat lab"),
)
_BY_NAME = {entry.name: entry for entry in COMMANDS}


def find(argv: Sequence[str]) -> tuple[Run, list[str]]:
    """What runs these words, and the words it is given. Raises UsageError for a word that is kept free."""
    called = entry(argv)
    if called is CHAT and argv and (run := _external(argv[0])):
        return run, list(argv[1:])
    words = list(argv if called is CHAT else argv[1:])
    if called.means:
        return find(called.means(words))
    if not called.module:
        raise not_there(called, argv)
    run = _function(called)
    return (_asked_back(argv[0], run) if called is CHAT and len(argv) == 1 else run), words


def entry(words: Sequence[str]) -> Entry:
    """The one that these words are for."""
    return _BY_NAME.get(words[0], CHAT) if words else CHAT


def not_there(called: Entry, words: Sequence[str]) -> UsageError:
    """The error for a reserved word, typed in these words."""
    return UsageError(
        f"there is no command {called.name}: it is {called.instead}",
        advice=f'To ask it as a question: chat -- "{" ".join(words)}"',
    )


def declared(of: Entry) -> Command | Group:
    """The declaration of a command that has a module."""
    found: Command | Group = import_module(of.module).DECLARED
    return found


def is_taken(word: str) -> bool:
    """Whether a first word is a command, there already or not."""
    return word in _BY_NAME or _external(word) is not None


def help_lists() -> dict[str, list[tuple[str, str]]]:
    """The commands that are there with their sentences, by their headings."""
    there = [entry for entry in COMMANDS if entry.is_there]
    headings = dict.fromkeys(sorted((entry.heading for entry in there), key=(_KEPT, _SET_UP, CHAT.heading).index))
    return {each: [(f"chat {entry.name}", entry.help) for entry in there if entry.heading == each] for each in headings}


def names() -> tuple[str, ...]:
    """The commands that are there."""
    return tuple(entry.name for entry in COMMANDS if entry.is_there)


def _function(of: Entry) -> Run:
    run: Run = getattr(import_module(of.module), of.name)
    return run


def _external(word: str) -> Run | None:
    """What runs the program `chat-WORD`, if there is one; no name of a program has a blank in it."""
    if not word or word[0] == "-" or " " in word:
        return None
    from chatbot.cli.first_word.external import find_external, run_external  # most questions have one

    path = find_external(word)
    return (lambda words, notices: run_external(path, words)) if path else None


def _asked_back(word: str, ask: Run) -> Run:
    """What asks this question; where it is nearly a command, what runs that if the person says that it was meant."""
    from chatbot.cli.first_word.mistaken import is_command, meant_command

    name = meant_command(word, names())
    if name is None:
        return ask

    def run(words: list[str], notices: Notices) -> int:
        if not is_command(word, name, notices):
            return ask(words, notices)
        command, rest = find([name])
        return command(rest, notices)

    return run
