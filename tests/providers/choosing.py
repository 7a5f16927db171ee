"""Variables as they are found, and the choice that is made of them."""

from __future__ import annotations

from chatbot.core.options import SettingSource
from chatbot.providers.choice import ModelRequest, ModelTarget, choose, find_service


def trusted(**values: str) -> dict[str, SettingSource]:
    """Variables of the shell, or of a file that the person named."""
    return {name: SettingSource(value, "the environment") for name, value in values.items()}


def local(**values: str) -> dict[str, SettingSource]:
    """Variables of a `.env` in the working directory."""
    return {name: SettingSource(value, "./.env", True) for name, value in values.items()}


def stored(**values: str) -> dict[str, SettingSource]:
    """Keys that the person stored, which are still to be fetched."""
    return {
        name: SettingSource("", "the keyring", stored=True, fetch=lambda value=value: value)  # type: ignore[misc]
        for name, value in values.items()
    }


def chosen(wish: ModelRequest, variables: dict[str, SettingSource]) -> ModelTarget:
    service, model = find_service(wish, variables)
    assert service is not None
    return choose(service, model, wish, variables)
