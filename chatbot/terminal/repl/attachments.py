"""Commands that attach images and text files to the next question."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.amounts import short
from chatbot.core.messages import Image
from chatbot.terminal.input.dropped import is_image_name
from chatbot.terminal.repl.actions import NOTHING, CommandContext
from chatbot.terminal.repl.state import ReplState


def image(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if argument == NOTHING:
        state = state._replace(images=())
    elif argument:
        state = state._replace(images=(*state.images, _image(context, unquoted(argument))))
    return _told_attached(context, state)


def file(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if argument == NOTHING:
        state = state._replace(files=())
    elif argument:
        path = unquoted(argument)
        state = state._replace(files=(*state.files, (path, file_text(context, path))))
    return _told_attached(context, state)


def attach(context: CommandContext, state: ReplState, paths: Sequence[str]) -> ReplState:
    """Files that were dropped on the prompt: images, and text."""
    images, files = state.images, state.files
    for path in paths:
        if is_image_name(path):
            images = (*images, _image(context, path))
        else:
            files = (*files, (path, file_text(context, path)))
    return _told_attached(context, state._replace(images=images, files=files))


def unquoted(path: str) -> str:
    """A path without the quotes that a person, or a file dragged into the terminal, put around it."""
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        return path[1:-1]
    return path.replace("\\ ", " ")


def _image(context: CommandContext, path: str) -> Image:
    loaded, remarks = context.actions.load_image(path)
    for notice in remarks:
        context.notices.warn(notice)
    return loaded


def _told_attached(context: CommandContext, state: ReplState) -> ReplState:
    images = [f"{image.name} ({image.width}x{image.height})" for image in state.images]
    files = [f"{name} ({short(len(text))} characters)" for name, text in state.files]
    lines = ["goes with the next question:", *images, *files] if images or files else ["nothing is attached"]
    context.notices.tell(lines)
    return state


def file_text(context: CommandContext, path: str) -> str:
    found = context.actions.read_file(path)
    if found.warning:
        context.notices.warn(found.warning)
    return found.text
