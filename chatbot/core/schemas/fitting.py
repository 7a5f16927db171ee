"""Whether an answer fits a schema. Pure: nothing is fetched, whatever a schema refers to."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NoReturn

from chatbot.core.errors import UsageError
from chatbot.core.schemas.structure import Schema, changed
from chatbot.records import NamedTuple

_MAX_REASON_CHARS = 300
_MAX_VALUE_CHARS = 60


class Fit(NamedTuple):
    """The document of an answer, and why it does not fit; empty where it does. `unwrapped`: it stood in a Markdown
    block.
    """

    document: Any
    fault: str = ""
    unwrapped: bool = False


def fit(text: str, schema: Schema, blocks: Callable[[str], Iterable[str]] = lambda text: ()) -> Fit:
    """Holds an answer against a schema. Where the answer is no JSON, but one of its code blocks is (`blocks` finds
    them), that counts. A fault is the JSON path and the reason: `$.age must be integer, not "forty"`.
    """
    document, fault = _parsed(text)
    unwrapped = False
    if fault:
        found = next((one for one, reason in map(_parsed, blocks(text)) if not reason), ...)
        if found is ...:
            return Fit(None, fault)
        document, unwrapped = found, True
    return Fit(document, _mismatch(document, schema), unwrapped)


def check_compiles(schema: Schema) -> None:
    """Raises UsageError for a schema that no answer could be held against."""
    _validator(json.dumps(schema))


def _parsed(text: str) -> tuple[Any, str]:
    try:
        return json.loads(text.strip().removeprefix("\ufeff"), parse_constant=_no_constant), ""
    except json.JSONDecodeError as error:
        return None, f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
    except (ValueError, RecursionError) as error:
        return None, f"it is not JSON ({'nested too deeply' if isinstance(error, RecursionError) else error})"


def _mismatch(document: Any, schema: Schema) -> str:
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator(json.dumps(schema))(document)
    except JsonSchemaValueException as error:
        name = error.name or ""
        path = "$" + name.removeprefix("data")
        reason = error.message.removeprefix(name).strip()
        if isinstance(error.value, (str, int, float, type(None))):
            reason += f", not {json.dumps(error.value, ensure_ascii=False)[:_MAX_VALUE_CHARS]}"
        return _in_one_line(f"{path} {reason}")[:_MAX_REASON_CHARS]
    except RecursionError:
        return "it is nested too deeply"
    return ""


def _in_one_line(sentence: str) -> str:
    """What the validator says has values and names of the schema in it, as they are."""
    return " ".join(sentence.split())


@lru_cache(maxsize=16)
def _validator(schema_json: str) -> Callable[[Any], Any]:
    """Raises UsageError."""
    import fastjsonschema  # 12 ms, for those who use a schema

    schema = changed(json.loads(schema_json), _as_draft_7)
    for name in ("$schema", "$id", "id"):
        if isinstance(schema.get(name), str) and (name != "$schema" or "draft-04" not in schema[name]):
            del schema[name]
    try:
        validator: Callable[[Any], Any] = fastjsonschema.compile(schema, _Unfetched(), use_default=False)
    except (fastjsonschema.JsonSchemaDefinitionException, re.error, ValueError, RecursionError, SyntaxError) as error:
        raise UsageError(f"the schema cannot be used: {_in_one_line(str(error))}") from None
    return validator


def _as_draft_7(schema: dict[str, Any]) -> dict[str, Any]:
    """The words of draft 2020-12 in those that the validator knows; they mean the same."""
    result = dict(schema)
    if isinstance(first := result.pop("prefixItems", None), list):
        if "items" in result:
            result["additionalItems"] = result["items"]
        result["items"] = first
    together = {**result.pop("dependentRequired", {}), **result.pop("dependentSchemas", {})}
    return {**result, "dependencies": together} if together else result


class _Unfetched(dict[str, Any]):
    """Stands for every scheme of an address, so that the validator asks no network."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Callable[[str], NoReturn]:
        def refuse(uri: str) -> NoReturn:
            raise ValueError(f"it refers to {uri[:100]}, and nothing is fetched")

        return refuse


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
