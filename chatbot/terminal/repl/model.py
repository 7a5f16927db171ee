"""Commands that choose what the next question is asked with."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.amounts import short
from chatbot.core.errors import UsageError
from chatbot.core.messages import Image
from chatbot.terminal.failures import usage_line
from chatbot.terminal.input.dropped import is_image_name
from chatbot.terminal.repl.actions import NO_TEMPLATES, NOTHING, CommandContext, needed
from chatbot.terminal.repl.state import ReplState, with_system

_MAX_MODELS = 60


def model(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if not argument:
        context.notices.tell([f"the model is {state.model}"])
        return state
    chosen = context.actions.choose_model(argument)
    context.notices.tell([f"the model is now {chosen}"])
    return state._replace(model=chosen)


def models(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """The names that have the argument in them."""
    names = [name for name in context.actions.models() if argument.lower() in name.lower()]
    rest = len(names) - _MAX_MODELS
    more = [f"and {rest} more; /models WORD shows those with that word"] if rest > 0 else []
    found = f"{len(names)} models" if len(names) != 1 else "1 model"
    context.notices.tell([found + (f" with {argument!r}" if argument else ""), *names[:_MAX_MODELS], *more])
    return state


def system(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if not argument:
        text = state.conversation.system
        context.notices.tell(["the system prompt:", *text.splitlines()] if text else ["there is no system prompt"])
        return state
    if argument == NOTHING:
        context.notices.tell(["no system prompt from now on"])
        return with_system(state, None)
    text = _file_text(context, unquoted(argument[1:])) if argument.startswith("@") else argument
    context.notices.tell(["the system prompt is set"])
    return with_system(state, text)


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
        state = state._replace(files=(*state.files, (path, _file_text(context, path))))
    return _told_attached(context, state)


def attach(context: CommandContext, state: ReplState, paths: Sequence[str]) -> ReplState:
    """Files that were dropped on the prompt: images, and text."""
    images, files = state.images, state.files
    for path in paths:
        if is_image_name(path):
            images = (*images, _image(context, path))
        else:
            files = (*files, (path, _file_text(context, path)))
    return _told_attached(context, state._replace(images=images, files=files))


def raw(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    if argument not in ("", "on", "off"):
        raise UsageError(f"/raw takes on or off, not {argument!r}")
    is_raw = argument == "on" if argument else not state.raw
    context.notices.tell(["answers are shown as they are" if is_raw else "answers are shown as Markdown"])
    return state._replace(raw=is_raw)


def usage(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    del argument
    lines = [f"the last answer: {usage_line(state.last_used)}", f"this session:    {usage_line(state.used)}"]
    context.notices.tell(lines if any(state.used) else ["no tokens were reported yet"])
    return state


def template(context: CommandContext, state: ReplState, argument: str) -> ReplState:
    """Takes over a template's system prompt, model and options; `name=value` fills a variable."""
    if not argument:
        names = needed(context.actions.templates, NO_TEMPLATES)()
        context.notices.tell(["the templates:", *names] if names else ["there are no templates yet"])
        return state
    name, *pairs = _words(argument)
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"a variable is written name=value, not {pair!r}")
    chosen = needed(context.actions.template, NO_TEMPLATES)(name, {key: value for key, _, value in map(_parted, pairs)})
    if chosen.model:
        state = model(context, state, chosen.model)
    if chosen.system is not None:
        state = with_system(state, chosen.system)
    options = state.options._replace(**chosen.options, extra={**state.options.extra, **chosen.extra})
    state = state._replace(options=options)
    context.notices.tell([f"the template {name} is in use"])
    return state


def _words(argument: str) -> list[str]:
    """The words, quoted where they have blanks in them."""
    import shlex

    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError("a quotation mark is not closed") from None


def _parted(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")


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


def _file_text(context: CommandContext, path: str) -> str:
    found = context.actions.read_file(path)
    if found.warning:
        context.notices.warn(found.warning)
    return found.text


def _told_attached(context: CommandContext, state: ReplState) -> ReplState:
    images = [f"{image.name} ({image.width}x{image.height})" for image in state.images]
    files = [f"{name} ({short(len(text))} characters)" for name, text in state.files]
    lines = ["goes with the next question:", *images, *files] if images or files else ["nothing is attached"]
    context.notices.tell(lines)
    return state
