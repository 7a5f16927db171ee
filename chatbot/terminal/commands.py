"""The slash commands as a table: `/help`, completion and dispatch all read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from chatbot.core.errors import UsageError
from chatbot.terminal import answering, choosing, keeping, setting
from chatbot.terminal.talk import Talk
from chatbot.terminal.typed import MARKS
from chatbot.terminal.world import Here

Kind = Literal["", "models", "files", "conversations", "settings", "templates", "commands"]


class Command(NamedTuple):
    """`words` is what may follow the name, `completes` what it is completed with."""

    name: str
    aliases: tuple[str, ...]
    words: str
    help: str
    run: Callable[[Here, Talk, str], Talk]
    completes: Kind = ""


def _help(here: Here, talk: Talk, argument: str) -> Talk:
    """All commands, or one of them with its other names."""
    if not argument:
        width = max(len(_head(row)) for row in COMMANDS)
        here.voice.tell(["the commands:", *(f"{_head(row):{width}}  {row.help}" for row in COMMANDS), *_KEYS])
        return talk
    name = NAMES.get(argument.lower().lstrip(MARKS))
    if name is None:
        raise UsageError(f"there is no command {argument}", advice="/help lists them all.")
    row = BY_NAME[name]
    other = [f"also: /{', /'.join(row.aliases)}"] if row.aliases else []
    here.voice.tell([f"{_head(row)}: {row.help}", *other])
    return talk


def _head(row: Command) -> str:
    return f"/{row.name} {row.words}".rstrip()


_KEYS = (
    "Everything else is a question, also what is pasted or has a blank before.",
    "Alt-Enter or Ctrl-J: new line.  Ctrl-R: search.  Ctrl-X Ctrl-E: editor.",
    'A text of several lines may stand between """ and """.',
    "Ctrl-C: stops an answer, drops a line.  Ctrl-D: leaves.",
)


def _exit(here: Here, talk: Talk, argument: str) -> Talk:
    del here, argument
    return talk._replace(is_over=True)


COMMANDS = (
    Command("help", ("h", "?"), "[COMMAND]", "Lists the commands, or tells of one.", _help, "commands"),
    Command("exit", ("quit", "q", "bye"), "", "Leaves.", _exit),
    Command("new", ("clear", "reset"), "", "Begins a new conversation.", answering.new),
    Command("retry", ("regenerate", "r"), "", "Asks the last question again.", answering.retry),
    Command("continue", (), "", "Goes on from an answer that was cut.", answering.go_on),
    Command("undo", (), "", "Takes the last question back.", answering.undo),
    Command("edit", ("e",), "", "Asks the last question, edited, again.", answering.edit),
    Command("model", ("m",), "[NAME]", "Tells or changes the model.", choosing.model, "models"),
    Command("models", (), "[WORD]", "Lists the models of the service.", choosing.models),
    Command("system", (), "[TEXT|@FILE|none]", "Tells or changes the system prompt.", choosing.system),
    Command("template", ("role",), "[NAME [KEY=VALUE]]", "Takes over a saved prompt.", choosing.template, "templates"),
    Command("set", (), "[KEY [VALUE|none]]", "Tells or changes temperature and so on.", setting.set_, "settings"),
    Command("image", ("attach",), "[PATH|none]", "Adds an image to the next question.", choosing.image, "files"),
    Command("file", ("f",), "[PATH|none]", "Adds a text file to the next question.", choosing.file, "files"),
    Command("history", (), "[COUNT]", "Lists the last conversations.", keeping.history),
    Command("search", (), "WORDS", "Looks for words in all conversations.", keeping.search),
    Command("resume", (), "[ID]", "Goes on with another conversation.", keeping.resume, "conversations"),
    Command("fork", (), "", "Goes on in a copy of this conversation.", keeping.fork),
    Command("save", (), "PATH", "Writes the last answer to a new file.", keeping.save, "files"),
    Command("export", (), "PATH", "Writes the conversation to a new file.", keeping.export, "files"),
    Command("copy", (), "[code [N]]", "Copies the last answer, or its code.", keeping.copy),
    Command("usage", ("tokens",), "", "Tells the tokens used.", choosing.usage),
    Command("raw", (), "[on|off]", "Shows answers as text, or as Markdown.", choosing.raw),
)

BY_NAME = {row.name: row for row in COMMANDS}
NAMES = {word: row.name for row in COMMANDS for word in (row.name, *row.aliases)}
