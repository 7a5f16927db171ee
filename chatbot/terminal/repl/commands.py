"""The slash commands as a table, in the order they are shown: `/help`, completion and dispatch all read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from chatbot.core.errors import UsageError
from chatbot.records import NamedTuple
from chatbot.terminal.input.input_line import MARKS
from chatbot.terminal.repl import answer, attachments, conversation, http, model, options, tools
from chatbot.terminal.repl.actions import CommandContext
from chatbot.terminal.repl.command_list import command_list
from chatbot.terminal.repl.state import ReplState

Kind = Literal["", "models", "files", "conversations", "settings", "templates", "commands", "forms"]


class Command(NamedTuple):
    """`group` is the heading it stands under, `words` what may follow the name, `completes` what it is completed
    with.
    """

    group: str
    name: str
    aliases: tuple[str, ...]
    words: str
    help: str
    run: Callable[[CommandContext, ReplState, str], ReplState]
    completes: Kind = ""


def _help(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """All commands, or one of them with its other names."""
    if not argument:
        groups: dict[str, list[tuple[str, str, str]]] = {}
        for row in COMMANDS:
            groups.setdefault(row.group, []).append((row.name, row.words, row.help))
        context.notices.page(command_list(groups, _KEYS, context.notices.columns()))
        return state
    name = NAMES.get(argument.lower().lstrip(MARKS))
    if name is None:
        raise UsageError(f"there is no command {argument}", advice="/help lists them all.")
    row = BY_NAME[name]
    other = [f"also: /{', /'.join(row.aliases)}"] if row.aliases else []
    context.notices.tell([f"{_head(row)}: {row.help}", *other])
    return state


def _head(row: Command) -> str:
    return f"/{row.name} {row.words}".rstrip()


_KEYS = (
    "Everything else is a question, also what is pasted or has a blank before.",
    'Alt-Enter or Ctrl-J: new line, or a text between """ and """.  Ctrl-R: search.',
    "Ctrl-X Ctrl-E: editor.  Ctrl-C: stops an answer, drops a line.  Ctrl-D: leaves.",
)


def _exit(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    return state._replace(is_over=True)


_ASKING, _SAID = "Asking", "What was said"
_MODEL, _HERE = "Who answers, and how", "This session"

COMMANDS = (
    Command(_ASKING, "new", ("clear", "reset"), "", "Begins a new conversation.", answer.new),
    Command(_ASKING, "retry", ("regenerate", "r"), "", "Asks the question again.", answer.retry),
    Command(_ASKING, "edit", ("e",), "", "Edits the last question.", answer.edit),
    Command(_ASKING, "continue", (), "", "Goes on where it broke off.", answer.go_on),
    Command(_ASKING, "undo", (), "", "Takes the question back.", answer.undo),
    Command(
        _ASKING, "attach", ("image", "file", "f"), "[PATH|URL|none]", "Attaches a file.", attachments.file, "files"
    ),
    Command(_ASKING, "paste", (), "", "Attaches the clipboard.", attachments.paste),
    Command(_ASKING, "tools", (), "[NAME|on|off]", "Tells or turns its tools.", tools.tools),
    Command(_HERE, "help", ("h", "?"), "[COMMAND]", "Lists the commands.", _help, "commands"),
    Command(_HERE, "usage", ("tokens",), "", "Tells the tokens used.", conversation.usage),
    Command(_HERE, "limits", (), "", "Tells the service's limits.", model.limits),
    Command(_HERE, "raw", (), "[on|off]", "Shows answers as text.", options.raw),
    Command(_HERE, "exit", ("quit", "q", "bye"), "", "Leaves.", _exit),
    Command(_MODEL, "model", ("m",), "[NAME]", "Tells or changes the model.", model.model, "models"),
    Command(_MODEL, "models", (), "[WORD]", "Lists the service's models.", model.models),
    Command(_MODEL, "system", (), "[TEXT|@PATH|none]", "Sets the system prompt.", model.system),
    Command(
        _MODEL,
        "template",
        ("role",),
        "[NAME [KEY=VALUE]]",
        "Takes over a saved prompt.",
        model.template,
        "templates",
    ),
    Command(_MODEL, "set", (), "[KEY [VALUE|none]]", "Sets temperature and so on.", options.set_option, "settings"),
    Command(_SAID, "history", (), "[COUNT]", "Lists the conversations.", conversation.history),
    Command(_SAID, "search", (), "WORDS", "Looks in all conversations.", conversation.search),
    Command(_SAID, "resume", (), "[ID]", "Opens a conversation again.", conversation.resume, "conversations"),
    Command(_SAID, "fork", (), "", "Goes on in a copy.", conversation.fork),
    Command(_SAID, "copy", (), "[code [N]]", "Copies the answer, or code.", conversation.copy),
    Command(_SAID, "save", (), "PATH", "Writes the answer to a file.", conversation.save, "files"),
    Command(_SAID, "export", (), "PATH", "Writes the conversation.", conversation.export, "files"),
    Command(_SAID, "http", ("last",), "[FORM]", "Shows the last HTTP exchange.", http.http, "forms"),
    Command(_SAID, "curl", (), "", "Its request, for a shell.", http.curl),
)

BY_NAME = {row.name: row for row in COMMANDS}
NAMES = {word: row.name for row in COMMANDS for word in (row.name, *row.aliases)}
