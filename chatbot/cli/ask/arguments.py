"""What was said on the command line, in its groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.core.options import Options, merged
from chatbot.options.chat import (
    SAMPLING,
    SETTINGS,
    Asked,
    Cache,
    Connection,
    Continuing,
    How,
    Http,
    Kept,
    Money,
    Several,
    Shown,
    Structured,
    Tools,
    Who,
)
from chatbot.options.settings.settings import NONE, Settings
from chatbot.records import NamedTuple


class Arguments(NamedTuple):
    """The question and the groups of options, each as it was chosen. `taken` are the fields that something said which
    counts before the settings of the person; `usual` is what the settings say, by field; `schema`
    is the JSON Schema that is meant.
    """

    question: str | None = None
    asked: Asked = Asked()
    who: Who = Who()
    how: How = How()
    structured: Structured = Structured()
    tools: Tools = Tools()
    shown: Shown = Shown()
    connection: Connection = Connection()
    continuing: Continuing = Continuing()
    http: Http = Http()
    cache: Cache = Cache()
    kept: Kept = Kept()
    money: Money = Money()
    several: Several = Several()
    taken: frozenset[str] = frozenset()
    settings: Settings = Settings()
    usual: Mapping[str, Any] = NONE
    schema: Mapping[str, Any] | None = None

    def settled(self, values: Mapping[str, Any]) -> Arguments:
        """The same with these values, by field, of the settings where nothing before them said anything.

        Fields of the request body are no such choice: each is one of its own, see `options`.
        """
        if not self.settings.name:
            return self
        kept = self.taken | {"option"}
        free = {one.field: values.get(one.field, one.default) for one in SETTINGS if one.field not in kept}
        groups = {}
        for name in ("how", "tools", "shown", "connection", "continuing", "http", "cache", "kept", "money"):
            group = getattr(self, name)
            groups[name] = group._replace(**{field: free[field] for field in group._fields if field in free})
        return self._replace(usual=values, **groups)

    @property
    def sampling(self) -> dict[str, Any]:
        """What goes to the model, by name."""
        return {option.field: getattr(self.how, option.field) for option in SAMPLING}

    def options(self, model: str | None, fields: Mapping[str, Any]) -> Options:
        """What every request says, with these raw fields of its body."""
        return Options(
            model=model or "",
            stream=not self.connection.no_stream,
            show_reasoning=self.shown.show_reasoning and not self.shown.hide_reasoning,
            schema=self.schema,
            extra=merged(body_fields(self.usual.get("option", ())), fields),
            **self.sampling,
        )


def body_fields(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Raw body fields of `key=value` pairs: JSON values as such, everything else as text; dots in a key lead into
    nested objects. Raises UsageError.
    """
    if not pairs:
        return {}
    import json  # only who says --option waits for it here

    fields: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not key or not equals:
            raise UsageError(f"--option wants key=value, not {pair!r}", advice="For example: -o top_k=40")
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except ValueError:
            value = text
        *path, last = key.split(".")
        place = fields
        for name in path:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise UsageError(f"--option {key}: {name} has a value of its own already")
        place[last] = value
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
