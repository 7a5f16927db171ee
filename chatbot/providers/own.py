"""A person's own providers: `providers.toml`, a table `[NAME]` for each, to rows of the table of services. Pure.

    [desk]
    base_url = "http://192.168.1.7:8000/v1"
    key_required = false
    default_model = "qwen3"
    token_limit_field = "max_completion_tokens"

What is left out is as for any server that is compatible with OpenAI; its key is in NAME_API_KEY. The keys are the
fields of chatbot.providers.service.Service that can differ.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from chatbot.core.addresses import base_url, is_loopback
from chatbot.core.errors import ConfigurationError
from chatbot.core.likeness import likeliest
from chatbot.core.messages import FileLimits, ImageLimits
from chatbot.core.toml_lines import line_of, tables_in
from chatbot.providers.service import OWN, KeyVariable, Schemas, Service, UrlVariable, Wire
from chatbot.providers.services import SHIPPED
from chatbot.records import NamedTuple

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
Limits = TypeVar("Limits", ImageLimits, FileLimits)
_HEADER = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # or a query parameter, or a field of a body
_PATH = re.compile(r"/(?:[^\s?#{}]|\{model\})*")
_ALSO = {"dialect": "wire", "model": "default_model"}  # what the same is called elsewhere


class OwnServices(NamedTuple):
    """The rows of the file, and what is wrong with others, each by its name; under the empty name with all of it."""

    rows: tuple[Service, ...] = ()
    faults: Mapping[str, ConfigurationError] = {}


def own_services(text: str, file: str) -> OwnServices:
    """What the text of the file says; `file` is its name in sentences. A wrong row costs no other."""
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        fault = _fault(file, None, f"is not TOML: {what[:1].lower()}{what[1:].rstrip('.')}")
        return OwnServices((), dict.fromkeys(["", *map(str.lower, tables_in(text))], fault))
    rows, faults = [], {}
    for name, fields in tables.items():
        try:
            rows.append(_row(name, fields))
        except _Mistake as mistake:
            line = line_of(text, name, mistake.key)
            faults[name.lower()] = _fault(file, line, f"in [{name[:60]}], {mistake}", mistake.advice)
    return OwnServices(tuple(rows), faults)


def checked_name(name: str) -> str:
    """The name of an own provider. Raises ConfigurationError for one that cannot be one."""
    try:
        return _checked_name(name)
    except _Mistake as mistake:
        raise ConfigurationError(f"{name!r} cannot name a provider: {mistake}", advice=mistake.advice) from None


def variable_part(name: str) -> str:
    """How the variables of an own provider begin: MY_DESK of `my-desk`."""
    return re.sub(r"\W", "_", name).upper()


class _Mistake(ValueError):
    """What is wrong with a row, and with which of its keys."""

    def __init__(self, what: str, key: str = "", advice: str = "") -> None:
        super().__init__(what)
        self.key = key
        self.advice = advice


def _fault(file: str, line: int | None, what: str, advice: str = "") -> ConfigurationError:
    place = f"{file}, line {line}: " if line else f"{file} " if what.startswith("is ") else f"{file}: "
    return ConfigurationError(place + what, advice=advice or None)


def _row(name: str, fields: object) -> Service:
    name = _checked_name(name)
    if not isinstance(fields, dict):
        raise _Mistake("a provider is a table: the line [NAME], and its values below")
    read = {str(_ALSO.get(key, key)): _read(key, value) for key, value in fields.items()}
    if "base_url" not in read:
        raise _Mistake("base_url is missing", advice='For example: base_url = "http://127.0.0.1:8000/v1"')
    return _service(name, read)


def _checked_name(name: str) -> str:
    lower = name.lower()
    if not _NAME.fullmatch(lower):
        raise _Mistake("a name is made of letters, digits, _ . and -")
    if SHIPPED.get(lower):
        variable = next((url.name for url in SHIPPED.find(lower).urls), "")
        advice = "Choose another name" + (f"; another address of it is set with {variable}." if variable else ".")
        raise _Mistake(f"{name} is a provider that chat has already", advice=advice)
    return lower


def _service(name: str, read: dict[str, Any]) -> Service:
    upper = variable_part(name)
    key = read.pop("key_variable", f"{upper}_API_KEY")
    key_header = read.pop("key_header", "Authorization")
    is_here = is_loopback(urlsplit(read["base_url"]).hostname)
    key_required = read.pop("key_required", bool(key) and not is_here)
    return Service(
        name,
        read.pop("title", name),
        read.pop("base_url"),
        source=OWN,
        key_variables=(KeyVariable(key, key_header),) if key else (),
        url_variables=(UrlVariable(f"{upper}_BASE_URL"),),
        key_required=key_required,
        probe=is_here and not key_required,
        **read,
    )


def _read(key: str, value: object) -> Any:
    if _ALSO.get(key, key) not in _KINDS:
        near = likeliest(key, _KINDS)
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        raise _Mistake(f"{key!r} means nothing{meant}", key, f"There are: {', '.join(_KINDS)}.")
    kind, what = _KINDS[_ALSO.get(key, key)]
    try:
        return kind(value)
    except ConfigurationError as error:
        raise _Mistake(str(error), key, error.advice) from None
    except ValueError:  # the value may be a key that was written in the wrong place
        raise _Mistake(f"{key} is {what}", key) from None


def _of_type(kind: type, is_fine: Callable[[Any], object] = lambda value: True) -> Callable[[object], Any]:
    def read(value: object) -> Any:
        if type(value) is not kind or not is_fine(value):
            raise ValueError
        return value

    return read


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ValueError
    return tuple(value)


def _variables(value: object) -> tuple[tuple[str, str], ...]:
    """Names, each with the variable that fills it."""
    if not isinstance(value, dict) or not all(_HEADER.fullmatch(n) and _is_variable(v) for n, v in value.items()):
        raise ValueError
    return tuple(value.items())


def _is_variable(value: object) -> bool:
    return isinstance(value, str) and _VARIABLE.fullmatch(value) is not None


def _limits_as(limits: type[Limits]) -> Callable[[object], Limits]:
    def read(value: object) -> Limits:
        if not isinstance(value, dict) or value.keys() - set(limits._fields):
            raise ValueError
        numbers = {name: number for name, number in value.items() if name != "media_types"}
        if not all(type(number) is int and number > 0 for number in numbers.values()):
            raise ValueError
        types = _texts(value.get("media_types", [*limits().media_types]))
        return limits(types, **numbers)

    return read


def _address(value: object) -> str:
    return base_url(_TEXT(value), "base_url")


_TEXT = _of_type(str, lambda text: text and text.isprintable())
_SWITCH = _of_type(bool)
_KINDS: Mapping[str, tuple[Callable[[object], Any], str]] = {
    "base_url": (_address, "an address, such as https://api.example.com/v1"),
    "title": (_TEXT, "a text in quotes"),
    "wire": (_of_type(str, get_args(Wire).__contains__), "openai, anthropic or gemini"),
    "key_variable": (_of_type(str, lambda name: not name or _is_variable(name)), "the name of a variable, not a key"),
    "key_header": (_of_type(str, _HEADER.fullmatch), "the name of a header"),
    "key_required": (_SWITCH, "true or false"),
    "default_model": (_TEXT, "the name of a model in quotes"),
    "model_required": (_SWITCH, "true or false"),
    "model_prefixes": (_texts, "a list of texts, the beginnings of names of models"),
    "token_limit_field": (_of_type(str, _HEADER.fullmatch), "the name of a field, such as max_tokens"),
    "seed_field": (
        _of_type(str, lambda name: not name or _HEADER.fullmatch(name)),
        "the name of a field, or empty where there is no seed",
    ),
    "chat_path": (_of_type(str, _PATH.fullmatch), "a path that begins with /"),
    "header_variables": (_variables, 'a table of headers and variables, such as { X-Team = "TEAM" }'),
    "query_variables": (_variables, 'a table of parameters and variables, such as { api-version = "API_VERSION" }'),
    "schemas": (_of_type(str, get_args(Schemas).__contains__), "strict, any or none"),
    "tools": (_SWITCH, "true or false"),
    "reasoning_field": (_of_type(str, _HEADER.fullmatch), "the name of a field, such as reasoning_content"),
    "start_advice": (_TEXT, "a sentence in quotes"),
    "images": (_limits_as(ImageLimits), f"a table of {', '.join(ImageLimits._fields)}"),
    "files": (_limits_as(FileLimits), f"a table of {', '.join(FileLimits._fields)}"),
}
