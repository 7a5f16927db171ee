"""The settings file: what each name in it means, at its top, for a provider, and for a model. Pure.

model = "fast"                     # of CHAT_MODEL and CHAT_PROVIDER: who answers where nothing else says it
max-tokens = 1000                  # an option of chat under its own name; max_tokens is the same

[aliases]
fast = "groq/llama-3.3-70b"

[providers.openai]                 # any of these for one provider, its usual model and its address
timeout = 60

[models."openai/gpt-4o-mini"]      # and for one model, which counts before its provider
temperature = 0.2
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from chatbot.core.errors import ConfigurationError
from chatbot.records import NamedTuple

Values = Mapping[str, Any]
NONE: Mapping[str, Any] = MappingProxyType({})

ALIASES, PROVIDERS, MODELS = TABLES = ("aliases", "providers", "models")
WHO = ("model", "provider")


class Settings(NamedTuple):
    """What the file `name` says: values by the field of their option, and `model`, `provider` and `base_url`.

    `models` and `providers` are by the names they are written under; `aliases` are names of models.
    """

    name: str = ""
    text: str = ""
    top: Values = NONE
    models: Mapping[str, Values] = NONE
    providers: Mapping[str, Values] = NONE
    aliases: Mapping[str, str] = NONE

    def place(self, *keys: tuple[str, ...]) -> str:
        """`config.toml:3`: where the first of these names stands that stands there, or else its table."""
        from chatbot.options.settings.toml import lines_of  # only a fault and chat config ask for it

        lines = {tuple(map(canonical, path)): line for path, line in lines_of(self.text).items()}
        wanted = [tuple(map(canonical, path)) for path in keys]
        tables = [wanted[0][:size] for size in range(len(wanted[0]) - 1, 0, -1)]
        return f"{self.name}:{next((lines[path] for path in (*wanted, *tables) if path in lines), 1)}"

    def fault(self, keys: tuple[str, ...], what: str, advice: str | None = None) -> ConfigurationError:
        """The error for what stands there."""
        return ConfigurationError(f"{self.place(keys)}: {what}", advice=advice or "Change it with: chat config edit")

    def model_named(self, name: str) -> str:
        """The model that a name means, which may be an alias of it."""
        while name in self.aliases:
            name = self.aliases[name]
        return name


def canonical(key: str) -> str:
    """`max-tokens` is `max_tokens`."""
    return key.replace("-", "_")


def dashed(key: str) -> str:
    """As an option is written on the command line."""
    return key.replace("_", "-")
