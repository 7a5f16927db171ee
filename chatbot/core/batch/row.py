"""One row of a batch, and the question that it makes."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Mapping
from typing import Any

from chatbot.core.errors import UsageError
from chatbot.records import NamedTuple

ID, INPUT = "id", "input"  # the columns that mean something by themselves


class Row(NamedTuple):
    """`number` counts the rows of the file from 1, `line` its lines; `values` are its columns, `text` is a row without
    columns, or its only one beside the id. `has_own_id`: it has an id, which else is the key of its content.
    """

    number: int
    line: int
    id: str
    values: Mapping[str, str]
    text: str | None
    has_own_id: bool = False

    @property
    def key(self) -> int:
        """64 bits that stand for the id: a million of them meet by chance once in 30 million files."""
        return key_of(self.id)


def key_of(identity: str) -> int:
    """What stands for an id; never 0."""
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) or 1


def row_of(number: int, line: int, content: str | Mapping[str, Any]) -> Row:
    """The row of a line of text, or of an object. Without an `id` its content says what it is called."""
    if isinstance(content, str):
        return Row(number, line, _content_id(content), {}, content)
    values = {str(name): _written(value) for name, value in content.items()}
    own_id = values.pop(ID, "")
    identity = own_id or _content_id(json.dumps(values, sort_keys=True, ensure_ascii=False))
    text = values.get(INPUT) if INPUT in values or len(values) != 1 else next(iter(values.values()))
    return Row(number, line, identity, values, text, bool(own_id))


def question_of(row: Row, asked: str | None) -> str:
    """The question of a row: the words `asked` with its columns as variables; without any, the row's text after them.

    Raises UsageError, without saying where the row is.
    """
    names = string.Template(asked or "").get_identifiers()
    if asked and names:
        values = {INPUT: row.text, **row.values} if row.text is not None else row.values
        if missing := [name for name in names if name not in values]:
            raise UsageError(f"it has no {' and no '.join(missing)}, which the question wants", advice=_columns(row))
        return string.Template(asked).safe_substitute(values)
    if row.text is None:
        raise UsageError("it does not say which of its columns is the question", advice=_columns(row))
    return "\n\n".join(filter(None, (asked, row.text)))


def _columns(row: Row) -> str:
    first = next(iter(row.values), INPUT)
    return (
        f"Its columns: {', '.join(row.values) or 'none'}. The question names them with a dollar sign, "
        f'for example: "Sum it up: ${first}"; a dollar sign as such is written $$.'
    )


def _content_id(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
