"""A template as TOML and back. Source: toml.io/en/v1.0.0."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.options.chat import SAMPLING
from chatbot.options.templates.template import INPUT, Template, consistent, nearest
from chatbot.options.templates.toml_text import document

TEXTS = ("description", "provider", "model", "system", "prompt", "schema")
TABLES = ("options", "extra", "variables")


_OPTIONS = {option.field: option for option in SAMPLING}


def from_toml(name: str, text: str) -> Template:
    """The template that `text` says. Raises ConfigurationError: one sentence for the first mistake."""
    reader = _Reader(name)
    try:
        fields = tomllib.loads(text)
    except RecursionError:
        reader.refuse("is nested too deeply")
    except ValueError as error:  # also for an integer of thousands of digits
        reader.refuse(f"is not TOML: {_sentence(str(error))}")
    return reader.template(fields)


class _Reader:
    """Reads the fields of one template; `name` is for its sentences."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse(self, what: str, advice: str | None = None) -> NoReturn:
        usual = f"Change it with: chat templates edit {self.name}"
        raise ConfigurationError(f"the template {self.name} {what}", advice=advice or usual)

    def template(self, fields: Mapping[str, Any]) -> Template:
        for key in fields:
            if key not in TEXTS + TABLES:
                self._refuse_key(key)
        texts = {key: self._text(key, fields[key]) or None for key in TEXTS if key in fields}
        self._check_schema(texts.get("schema"))
        tables = {key: self._table(key, fields[key]) for key in TABLES if key in fields}
        return consistent(
            Template(
                self.name,
                **texts,
                options=dict(self._options(tables.get("options", {}))),
                extra=self._plain("extra", tables.get("extra", {})),
                variables={name: self._text(f"variables.{name}", v) for name, v in tables.get("variables", {}).items()},
            )
        )

    def _refuse_key(self, key: str) -> NoReturn:
        if key in _OPTIONS:
            self.refuse(f"has {key} at its top", f"Put it under the line [options]: {key} = ...")
        meant = nearest(key, TEXTS + TABLES)
        self.refuse(f"has {key!r}, which means nothing here", f"{meant}It may hold: {', '.join(TEXTS + TABLES)}")

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            self.refuse(f"wants text in quotes for {key}, not {_kind(value)}")
        return value

    def _check_schema(self, text: str | None) -> None:
        if text:
            from chatbot.core.schemas.reading import read_schema

            try:
                read_schema(text)
            except UsageError as error:
                self.refuse(f"has a schema that is none: {error}")

    def _table(self, key: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse(
                f"wants a table for {key}, not {_kind(value)}", f"Write the line [{key}], and its values below."
            )
        return value

    def _options(self, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in table.items():
            if key not in _OPTIONS:
                advice = f"{nearest(key, _OPTIONS)}Other fields of the request body stand under [extra]."
                self.refuse(f"has {key!r} under [options], which is none", advice)
            try:
                yield key, _OPTIONS[key].read_value(value)
            except (ValueError, OverflowError):
                self.refuse(f"has {_kind(value)} for options.{key}, which is {_OPTIONS[key].says}")

    def _plain(self, key: str, value: Any) -> Any:
        """A value that JSON has as well."""
        if isinstance(value, dict):
            return {name: self._plain(f"{key}.{name}", item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._plain(key, item) for item in value]
        if not isinstance(value, (str, int, float)) or (isinstance(value, float) and not math.isfinite(value)):
            self.refuse(f"has {_kind(value)} for {key}, which no request body can hold")
        return value


def _kind(value: object) -> str:
    """A value as a sentence names it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return "empty text" if not value else "text"
        case int() | float():
            return "a number of that size" if isinstance(value, int) and abs(value) > 10**15 else str(value)
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or a time"


def to_toml(template: Template) -> str:
    """The text of the template's file. Raises UsageError for a value that TOML or JSON does not have."""
    fields = {key: value for key in TEXTS + TABLES if (value := getattr(template, key))}
    return document(fields)


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


SKELETON = f'''\
# A template of chat, used with -t NAME. What is left empty is left as it is.
# Several lines stand between three quotes; \\\\ is written for a backslash.

description = ""
# model = "provider/model"

# The system prompt. $name is a variable, filled in with --var name=value; $$ is a dollar sign.
system = """
"""

# Stands in front of the question, or around it where it has ${INPUT}.
prompt = """
"""

# What the answer has to fit: 'name, age int', or the text of a JSON Schema.
# schema = ""

# [options]
# temperature = 0.2
# max_tokens = 1000

# [variables]
# name = "its usual value"
'''
