"""The settings of the person as they count: for every answer, for those of a provider, for those of a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot.cli.settings.own_providers import own_table
from chatbot.options.settings.settings import ALIASES, PROVIDERS, Settings
from chatbot.outside.files.folders import settings_file

if TYPE_CHECKING:
    from chatbot.core.options import SettingSource
    from chatbot.providers.service import Service


Section = tuple[tuple[str, ...], Mapping[str, Any]]


def load_settings() -> Settings:
    """What the settings file says; nothing where there is none. Raises ConfigurationError for the first mistake."""
    path = settings_file()
    if path is None:
        return Settings()
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError:
        pass  # reading it says why
    from chatbot.outside.files.settings import read_text

    text = read_text(path)
    return Settings() if text is None else read(text, path)


def read(text: str, path: Path) -> Settings:
    """What the text of the file says. Raises ConfigurationError: also for names that do not go with the services."""
    from chatbot.core.addresses import base_url
    from chatbot.core.errors import UsageError
    from chatbot.options.settings.reading import read_settings
    from chatbot.outside.files.reading import display_name
    from chatbot.providers.choice import ModelRequest, find_service

    settings = read_settings(text, display_name(path), path.parent)
    named: dict[tuple[str, ...], str] = {(PROVIDERS, name): name for name in settings.providers}
    if "provider" in settings.top:
        named[("provider",)] = settings.top["provider"]
    for keys, name in named.items():
        try:
            service = own_table().find(name)
        except UsageError as error:
            raise settings.fault(keys, str(error), error.advice) from None
        if keys[0] == PROVIDERS and "base_url" in settings.providers[name]:
            if not service.urls:
                raise settings.fault((*keys, "base_url"), f"{service.title} is at no other address")
            place = settings.place((*keys, "base_url"))
            base_url(settings.providers[name]["base_url"], f"{place}: base-url")
    for alias in settings.aliases:
        known, _ = find_service(ModelRequest(model=alias), {}, own_table())
        if known or "/" in alias:
            what = f"is the name of a model of {known.title}" if known else "could be the name of a model"
            raise settings.fault((ALIASES, alias), f"{alias} {what} already", "Choose another name for the alias.")
    return settings


def with_settings(variables: Mapping[str, SettingSource], settings: Settings) -> dict[str, SettingSource]:
    """The variables that say who answers and where, with what the settings say of it where no variable does."""
    if not settings.name:
        return dict(variables)
    from chatbot.core.options import SettingSource
    from chatbot.providers.choice import MODEL_VARIABLE, PROVIDER_VARIABLE
    from chatbot.providers.usual import with_usual

    def source(key: str, value: str) -> SettingSource:
        return SettingSource(value, settings.name, name=key)

    if MODEL_VARIABLE in variables:
        said = variables[MODEL_VARIABLE]
        variables = {**variables, MODEL_VARIABLE: said._replace(value=settings.model_named(said.value.strip()))}
    usual = {}
    if "model" in settings.top:
        usual[MODEL_VARIABLE] = source("model", settings.model_named(settings.top["model"]))
    if "provider" in settings.top:
        usual[PROVIDER_VARIABLE] = source("provider", settings.top["provider"])
    found = with_usual(variables, usual)
    for name, section in settings.providers.items():
        service = own_table().find(name)
        if "base_url" in section and not any(url.name in variables for url in service.urls):
            url = next((url for url in service.urls if not url.is_host), service.urls[0])
            found[url.name] = source(f"providers.{name}.base-url", section["base_url"])
    return found


def sections_of(settings: Settings, service: Service, model: str | None) -> list[Section]:
    """The parts of the file that count for this model of this service, each with its path; the last counts first."""
    from chatbot.options.settings.settings import MODELS

    parts: list[Section] = [((), settings.top)]
    for name, section in settings.providers.items():
        if own_table().find(name).name == service.name:
            parts.append(((PROVIDERS, name), section))
    for name in sorted(settings.models, key=lambda name: "/" in name):  # the name with its provider says more
        if model and _means(settings.model_named(name), service, model):
            parts.append(((MODELS, name), settings.models[name]))
    return parts


def settings_of(settings: Settings, service: Service, model: str | None) -> dict[str, Any]:
    """The values, by field, that count for this model of this service."""
    values: dict[str, Any] = {}
    for _, section in sections_of(settings, service, model) if settings.name else ():
        values.update(section)
    return values


def model_of(settings: Settings, service: Service) -> str | None:
    """The model that the settings give a provider where none was named."""
    from chatbot.providers.choice import ModelRequest, find_service

    for _, section in sections_of(settings, service, None) if settings.name else ():
        if section is not settings.top and "model" in section:
            wish = ModelRequest(provider=service.name, model=settings.model_named(section["model"]))
            return find_service(wish, {}, own_table())[1]
    return None


def _means(name: str, service: Service, model: str) -> bool:
    from chatbot.providers.choice import ModelRequest, find_service

    named, own_name = find_service(ModelRequest(model=name), {}, own_table())
    return name == model or (named is not None and named.name == service.name and own_name == model)
