"""Commands that attach files of any kind to the next question."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.amounts import short, size_words
from chatbot.core.messages import Attachment, Image
from chatbot.terminal.repl.actions import NO_ATTACHMENTS, NO_CLIPBOARD, NOTHING, Attached, CommandContext, needed
from chatbot.terminal.repl.state import ReplState


def file(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """A file that its content tells, or an address; `none` takes back everything that is attached."""
    if argument == NOTHING:
        state = state._replace(attachments=(), files=())
    elif argument:
        state = _with(context, state, needed(context.actions.attach, NO_ATTACHMENTS)(unquoted(argument)))
    return _told_attached(context, state)


def paste(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    return _told_attached(context, _with(context, state, needed(context.actions.paste, NO_CLIPBOARD)()))


def attach(context: CommandContext, state: ReplState, paths: Sequence[str]) -> ReplState:
    """Files that were dropped on the prompt."""
    load = needed(context.actions.attach, NO_ATTACHMENTS)
    for path in paths:
        state = _with(context, state, load(path))
    return _told_attached(context, state)


def unquoted(path: str) -> str:
    """A path without the quotes that a person, or a file dragged into the terminal, put around it."""
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return path[1:-1]
    return path.replace("\\ ", " ")


def _with(context: CommandContext, state: ReplState, attached: Attached) -> ReplState:
    for remark in attached.remarks:
        context.notices.warn(remark)
    return state._replace(attachments=(*state.attachments, *attached.files), files=(*state.files, *attached.texts))


def _told_attached(context: CommandContext, state: ReplState) -> ReplState:
    attached = list(map(_described, state.attachments))
    files = [f"{name} ({short(len(text))} characters)" for name, text in state.files]
    lines = ["goes with the next question:", *attached, *files] if attached or files else ["nothing is attached"]
    context.notices.tell(lines)
    return state


def _described(attachment: Attachment) -> str:
    if isinstance(attachment, Image):
        return f"{attachment.name} ({attachment.width}x{attachment.height})"
    return f"{attachment.name} ({attachment.media_type}, {size_words(len(attachment.data))})"


def file_text(context: CommandContext, path: str) -> str:
    found = context.actions.read_file(path)
    if found.warning:
        context.notices.warn(found.warning)
    return found.text
