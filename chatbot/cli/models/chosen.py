"""`chat models default` and `chat models alias`: names of models in the settings file."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from collections.abc import Callable
from typing import Annotated

from chatbot.cli.command_line.declared import Command, Positional
from chatbot.cli.model_lists import names_kept
from chatbot.cli.output.paged import write_lines
from chatbot.cli.settings.loading import load_settings, read
from chatbot.cli.settings.own_providers import own_table
from chatbot.core.errors import UsageError
from chatbot.core.likeness import likeliest
from chatbot.core.text import clean
from chatbot.options.declared import Choice
from chatbot.options.settings.reading import document_of
from chatbot.options.settings.settings import ALIASES
from chatbot.options.stored_keys import nearest
from chatbot.outside.files.reading import display_name
from chatbot.outside.files.settings import change, settings_path, with_key, without_key
from chatbot.providers.choice import ModelRequest, find_service, spoken_name
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices


class Unsetting(NamedTuple):
    """Options"""

    unset: Annotated[bool, Choice("Take it out of the settings.")] = False


def _default(notices: Notices, name: str | None, options: Unsetting) -> None:
    if options.unset:
        if name is not None:
            raise UsageError("--unset takes no model", advice="For example: chat models default --unset")
        _unset(notices, ("model",), "default model")
    elif name is None:
        found = load_settings().top.get("model")
        if not found:
            notices.warn("the settings name no default model; chat models default NAME does")
        write_lines([found] if found else [])
    else:
        _set(notices, ("model",), _checked(name, notices), f"the default model is now {clean(name)}")


def _alias(notices: Notices, name: str | None, model: str | None, options: Unsetting) -> None:
    aliases = load_settings().aliases
    if options.unset:
        if name is None or model is not None:
            raise UsageError(
                "--unset takes the name of one alias", advice="For example: chat models alias fast --unset"
            )
        _unset(notices, (ALIASES, clean(name)), f"alias {clean(name)}")
    elif name is None:
        if not aliases:
            notices.warn("there are no aliases yet; chat models alias NAME MODEL makes one")
        write_lines(f"{alias}\t{aliases[alias]}" for alias in sorted(aliases))
    elif model is None:
        if name not in aliases:
            raise UsageError(
                f"there is no alias {clean(name)}{nearest(name, aliases)}",
                advice=f"Make it with: chat models alias {clean(name)} MODEL",
            )
        write_lines([aliases[name]])
    else:
        _set(notices, (ALIASES, clean(name)), _checked(model, notices), f"{clean(name)} is now {clean(model)}")


def _checked(name: str, notices: Notices) -> str:
    """The name of a model, with a notice where a list that is kept does not have it. Raises UsageError."""
    name = clean(name).strip()
    if not name:
        raise UsageError("a model has a name", advice="chat models lists them.")
    if name in load_settings().aliases:
        return name
    service, model = find_service(ModelRequest(model=name), {}, own_table())
    known = names_kept(service.name) if service else []
    if service and known and spoken_name(service, model or "") not in known:
        near = likeliest(spoken_name(service, model or ""), known)
        meant = f"; the nearest: {', '.join(near)}" if near else ""
        notices.warn(f"the list of {service.title} has no {model}{meant}")
    return name


def _set(notices: Notices, keys: tuple[str, ...], value: str, said: str) -> None:
    _change(lambda text: with_key(text, keys, value))
    notices.warn(f"{said}, in {display_name(settings_path())}")


def _unset(notices: Notices, keys: tuple[str, ...], what: str) -> None:
    def edited(text: str) -> str:
        left = without_key(text, keys)
        if left is None:
            raise UsageError(f"the settings have no {what}")
        return left

    _change(edited)
    notices.warn(f"the {what} is taken out of {display_name(settings_path())}")


def _change(edited: Callable[[str], str]) -> None:
    """Changes the file, unless what would stand in it could not be read again. Raises ConfigurationError."""
    path = settings_path()

    def checked(text: str) -> str:
        document_of(text, display_name(path))
        text = edited(text)
        read(text, path)
        return text

    change(path, checked)


CHANGES = (
    Command(
        "default",
        "Says or sets the model that is asked when nothing else names one.",
        _default,
        (Positional("name", "NAME", "The model; provider/model names both.", completes="models"),),
        (Unsetting,),
    ),
    Command(
        "alias",
        "Lists the short names of models, or makes one.",
        _alias,
        (
            Positional("name", "NAME", "The short name."),
            Positional("model", "MODEL", "The model it stands for; provider/model names both.", completes="models"),
        ),
        (Unsetting,),
    ),
)
