"""Commands that choose what the next question is asked with."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.amounts import short
from chatbot.core.errors import UsageError
from chatbot.core.messages import Image
from chatbot.terminal.dropped import is_image_name
from chatbot.terminal.failures import usage_line
from chatbot.terminal.talk import Talk, with_system
from chatbot.terminal.world import NO_TEMPLATES, NOTHING, Here, needed

_MAX_MODELS = 60


def model(here: Here, talk: Talk, argument: str) -> Talk:
    if not argument:
        here.voice.tell([f"the model is {talk.model}"])
        return talk
    chosen = here.world.choose_model(argument)
    here.voice.tell([f"the model is now {chosen}"])
    return talk._replace(model=chosen)


def models(here: Here, talk: Talk, argument: str) -> Talk:
    """The names that have the argument in them."""
    names = [name for name in here.world.models() if argument.lower() in name.lower()]
    rest = len(names) - _MAX_MODELS
    more = [f"and {rest} more; /models WORD shows those with that word"] if rest > 0 else []
    found = f"{len(names)} models" if len(names) != 1 else "1 model"
    here.voice.tell([found + (f" with {argument!r}" if argument else ""), *names[:_MAX_MODELS], *more])
    return talk


def system(here: Here, talk: Talk, argument: str) -> Talk:
    if not argument:
        text = talk.conversation.system
        here.voice.tell(["the system prompt:", *text.splitlines()] if text else ["there is no system prompt"])
        return talk
    if argument == NOTHING:
        here.voice.tell(["no system prompt from now on"])
        return with_system(talk, None)
    text = _file_text(here, unquoted(argument[1:])) if argument.startswith("@") else argument
    here.voice.tell(["the system prompt is set"])
    return with_system(talk, text)


def image(here: Here, talk: Talk, argument: str) -> Talk:
    if argument == NOTHING:
        talk = talk._replace(images=())
    elif argument:
        talk = talk._replace(images=(*talk.images, _image(here, unquoted(argument))))
    return _told_attached(here, talk)


def file(here: Here, talk: Talk, argument: str) -> Talk:
    if argument == NOTHING:
        talk = talk._replace(files=())
    elif argument:
        path = unquoted(argument)
        talk = talk._replace(files=(*talk.files, (path, _file_text(here, path))))
    return _told_attached(here, talk)


def attach(here: Here, talk: Talk, paths: Sequence[str]) -> Talk:
    """Files that were dropped on the prompt: images, and text."""
    images, files = talk.images, talk.files
    for path in paths:
        if is_image_name(path):
            images = (*images, _image(here, path))
        else:
            files = (*files, (path, _file_text(here, path)))
    return _told_attached(here, talk._replace(images=images, files=files))


def raw(here: Here, talk: Talk, argument: str) -> Talk:
    if argument not in ("", "on", "off"):
        raise UsageError(f"/raw takes on or off, not {argument!r}")
    is_raw = argument == "on" if argument else not talk.raw
    here.voice.tell(["answers are shown as they are" if is_raw else "answers are shown as Markdown"])
    return talk._replace(raw=is_raw)


def usage(here: Here, talk: Talk, argument: str) -> Talk:
    del argument
    lines = [f"the last answer: {usage_line(talk.last_used)}", f"this session:    {usage_line(talk.used)}"]
    here.voice.tell(lines if any(talk.used) else ["no tokens were reported yet"])
    return talk


def template(here: Here, talk: Talk, argument: str) -> Talk:
    """Takes over a template's system prompt, model and options; `name=value` fills a variable."""
    if not argument:
        names = needed(here.world.templates, NO_TEMPLATES)()
        here.voice.tell(["the templates:", *names] if names else ["there are no templates yet"])
        return talk
    name, *pairs = _words(argument)
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"a variable is written name=value, not {pair!r}")
    chosen = needed(here.world.template, NO_TEMPLATES)(name, {key: value for key, _, value in map(_parted, pairs)})
    if chosen.model:
        talk = model(here, talk, chosen.model)
    if chosen.system is not None:
        talk = with_system(talk, chosen.system)
    options = talk.options._replace(**chosen.options, extra={**talk.options.extra, **chosen.extra})
    talk = talk._replace(options=options)
    here.voice.tell([f"the template {name} is in use"])
    return talk


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


def _image(here: Here, path: str) -> Image:
    loaded, notices = here.world.load_image(path)
    for notice in notices:
        here.voice.notice(notice)
    return loaded


def _file_text(here: Here, path: str) -> str:
    found = here.world.read_file(path)
    if found.warning:
        here.voice.notice(found.warning)
    return found.text


def _told_attached(here: Here, talk: Talk) -> Talk:
    images = [f"{image.name} ({image.width}x{image.height})" for image in talk.images]
    files = [f"{name} ({short(len(text))} characters)" for name, text in talk.files]
    lines = ["goes with the next question:", *images, *files] if images or files else ["nothing is attached"]
    here.voice.tell(lines)
    return talk
