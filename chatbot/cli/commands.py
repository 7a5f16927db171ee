"""The commands: what a first word means that is exactly one of these, or a program's; any other is a question.

Words that people type as commands elsewhere are kept free: they are never sent, and paid for, as questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from chatbot.cli.command_line.declared import Command, Group
from chatbot.core.errors import UsageError
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices

Run = Callable[[list[str], Notices], int]
_HEADINGS = "What was asked", "Your settings", "Other commands"


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
    heading: str = _HEADINGS[-1]

    @property
    def is_there(self) -> bool:
        """Whether it can be used."""
        return bool(self.module or self.means)


def _command(heading: str, name: str, sentence: str, module: str = "") -> Entry:
    return Entry(name, sentence, f"chatbot.cli.{module or f'{name}.command'}", heading=heading)


_kept, _set_up, _other = (partial(_command, heading) for heading in _HEADINGS)
CHAT = _other("chat", "Asks an AI model.")
COMMANDS = (
    _other("lab", "The offline provider: its faults, a server of it, a judge of clients."),
    _kept("logs", "What was asked and answered, kept on this computer."),
    _set_up("templates", "Saved prompts.", "templates"),
    _kept("http", "The HTTP of the last answers.", "http"),
    _kept("report", "A file about the last answer, to show somebody else.", "report"),
    _kept("limits", "What the services said is left of their limits."),
    _kept("ledger", "Every host that was contacted: bytes, cost, by day.", "cost.command"),
    _kept("cache", "The answers that chat --cache keeps."),
    _set_up("models", "The models of the services, what they can do, and their prices."),
    _set_up("keys", "The keys: which counts and where it is from, storing, and testing them."),
    _set_up("mcp", "The MCP servers of chat --mcp, and their tools."),
    _set_up("config", "The settings, and what is in force.", "settings.command"),
    _set_up("completion", "The Tab key in bash, zsh, fish and PowerShell."),
    _other("batch", "A question for each row of a file, at the pace that the service allows."),
    _other("probe", "What a server that is compatible with OpenAI really supports."),
    _other("serve", "Any provider, for programs that speak to OpenAI."),
    _other("relay", "A relay at the edge, for apps that must not have the key."),
    _kept("receipt", "What --receipt wrote: whether an answer is whole."),
    _other("doctor", "What keeps chat from working here, and the way out."),
    _other("learn", "A course on web APIs in thirteen exercises, offline."),
    _other("help", "The help of chat, or of a command."),
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
    headings = dict.fromkeys(sorted((entry.heading for entry in there), key=_HEADINGS.index))
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
