"""What counts for a question that is asked now, what says so, and what else was said."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chatbot.cli.settings.loading import Section, model_of, sections_of, with_settings
from chatbot.cli.settings.own_providers import own_table
from chatbot.cli.settings.stored_keys import stored_variables
from chatbot.core.options import SettingSource
from chatbot.options.chat import IN_VARIABLES, SETTINGS, Who
from chatbot.options.declared import Found, Option, found
from chatbot.options.settings.settings import Settings, dashed
from chatbot.outside.environment import read_variables
from chatbot.providers.choice import MODEL_VARIABLE, PROVIDER_VARIABLE, ModelRequest, find_service, variable_names
from chatbot.providers.choice import local_names as names_of_a_local_file
from chatbot.providers.credentials import fingerprint
from chatbot.providers.service import Service
from chatbot.records import NamedTuple

DEFAULT = "default"


class Row(NamedTuple):
    """What is in force under a name, and what else was said, the next best first. None: nothing is sent, or done."""

    name: str
    said: Found
    over: tuple[Found, ...] = ()


class Layers(NamedTuple):
    """The variables of the shell, those of `./.env` that count where the shell has none, and the keys that are stored,
    which count where neither has one.
    """

    shell: Mapping[str, SettingSource]
    local: Mapping[str, SettingSource]
    stored: Mapping[str, SettingSource]

    def said(self, name: str) -> list[Found]:
        """What they say of a variable, the first counts."""
        found = [(self.shell, name), (self.local, f"{name} in ./.env")]
        return [Found(layer[name].value, source) for layer, source in found if name in layer]


def rows_in_force(who: Who, settings: Settings, options: Sequence[Option] = SETTINGS) -> list[Row]:
    """Everything in force for this model of this provider, or for those that usually answer.

    Raises UsageError or ConfigurationError for a value that is none.
    """
    variables = {field: one for group in IN_VARIABLES for field, one in found(group, {}, os.environ).items()}
    is_closed = variables["no_env_file"].value if "no_env_file" in variables else settings.top.get("no_env_file", False)
    layers = _layers(None if is_closed else Path())
    wish = ModelRequest(who.provider, who.model and settings.model_named(who.model))
    service, model = find_service(
        wish, with_settings({**layers.stored, **layers.local, **layers.shell}, settings), own_table()
    )
    parts: list[Section] = [((), settings.top)]
    if service:
        model = model or model_of(settings, service) or service.default_model
        parts = sections_of(settings, service, model)[::-1]
    rows = [option_row(option, variables.get(option.field), parts, settings) for option in options]
    if service is None:
        return rows
    return [*_who_rows(who, layers, settings, service, model), *rows, *_place_rows(layers, settings, service)]


def option_row(option: Option, variable: Found | None, parts: Iterable[Section], settings: Settings) -> Row:
    """What is in force of an option; of the `parts` of the file, the first counts."""
    keys = [option.key, *(other.key for other in SETTINGS if other.choice.value_in == option.field)]
    said = [variable] if variable else []
    for path, section in parts:
        if option.field in section:
            said.append(Found(section[option.field], settings.place(*((*path, key) for key in keys))))
    return _row(dashed(option.key), [*said, Found(option.default, DEFAULT)])


def _shown(url: str) -> str:
    """An address without what may be a secret; whoever asks there is told that it cannot be used."""
    return re.sub("//.*@", "//…@", re.split("[?#]", url)[0])


def _row(name: str, said: Sequence[Found]) -> Row:
    over = said[1:-1] if said[-1].source == DEFAULT else said[1:]
    return Row(name, said[0], tuple(over))


def _layers(folder: Path | None) -> Layers:
    local, _ = read_variables({}, (), local_names=names_of_a_local_file(own_table()), folder=folder)
    shell, _ = read_variables(os.environ, variable_names(own_table()))
    stored, _ = stored_variables()  # what is wrong there, the question says
    return Layers(shell, local, stored)


def _who_rows(who: Who, layers: Layers, settings: Settings, service: Service, model: str | None) -> list[Row]:
    """Who answers: of what was said, the first that fits is in force; a model of another provider does not."""
    named = [Found(who.provider, "--provider")] if who.provider else []
    named += layers.said(PROVIDER_VARIABLE)
    if "provider" in settings.top:
        named.append(Found(settings.top["provider"], settings.place(("provider",))))
    models = [Found(who.model, "--model")] if who.model else []
    models += layers.said(MODEL_VARIABLE)
    for path, section in [((), settings.top), *sections_of(settings, service, None)[1:]]:
        if "model" in section:
            models.append(Found(section["model"], settings.place((*path, "model"))))

    def is_asked(one: Found) -> bool:
        wish = ModelRequest(provider=service.name, model=settings.model_named(str(one.value).strip()))
        return find_service(wish, {}, own_table())[1] == model

    by_name = [one for one in named if own_table().find(str(one.value)).name == service.name]
    by_model = [one for one in models if is_asked(one)]
    source = by_name[0].source if by_name else by_model[0].source if by_model else "what is set up"
    usual = Found(model, by_model[0].source if by_model else DEFAULT)
    return [
        Row("provider", Found(service.name, source), tuple(one for one in named if one.source != source)),
        Row("model", usual, tuple(one for one in models if one.source != usual.source)),
    ]


def _place_rows(layers: Layers, settings: Settings, service: Service) -> list[Row]:
    """The address, and of each key its fingerprint."""
    urls = [one._replace(value=_shown(one.value)) for url in service.urls for one in layers.said(url.name)]
    for path, section in sections_of(settings, service, None):
        if "base_url" in section:
            urls.append(Found(section["base_url"], settings.place((*path, "base_url"))))
    keys = [one for key in service.keys for one in layers.said(key.name)]
    hidden = [Found(f"sha256:{fingerprint(one.value)}", one.source) for one in keys]
    for one in (layers.stored[key.name] for key in service.keys if key.name in layers.stored):
        hidden.append(Found(f"sha256:{fingerprint(one.value)}" if one.value else "not fetched", one.origin))
    rows = [_row("base-url", [*urls, Found(service.base_url, DEFAULT)])]
    return [*rows, _row("key", hidden)] if hidden else rows
