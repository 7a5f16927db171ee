"""What a provider's batches are known by, in a file beside the results. No key is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatbot.core.errors import FileUnreadable, FileUnwritable
from chatbot.outside.files.private import replace
from chatbot.outside.files.reading import display_name, read_file
from chatbot.records import NamedTuple

_MAX_BYTES = 200_000_000
_VERSION = 1


class Submitted(NamedTuple):
    """One batch: its id, empty as long as that is not known; the number and the id of each of its rows."""

    id: str
    rows: tuple[tuple[int, str], ...]
    is_fetched: bool = False


class BatchFile(NamedTuple):
    """Who was asked, where, the batches so far, and the schema that their answers shall fit. `name` is that of the file
    in a sentence.
    """

    path: Path
    service: str
    wire: str
    model: str
    base_url: str
    batches: tuple[Submitted, ...] = ()
    schema: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return display_name(self.path)

    def save(self) -> None:
        """Puts it into its file, whole or not at all. Raises FileUnwritable."""
        batches = [{"id": each.id, "fetched": each.is_fetched, "rows": each.rows} for each in self.batches]
        schema = {} if self.schema is None else {"schema": self.schema}
        about = {**schema, "service": self.service, "wire": self.wire, "model": self.model, "base_url": self.base_url}
        text = json.dumps({"version": _VERSION, **about, "batches": batches}, ensure_ascii=False)
        try:
            replace(self.path, text.encode("utf-8", "replace") + b"\n")
        except OSError as error:
            raise FileUnwritable(f"cannot write {self.name}: {(error.strerror or str(error)).lower()}") from None


def state_path(out: Path) -> Path:
    """The file beside these results."""
    return out.with_name(f"{out.name}.batch.json")


def read_state(path: Path) -> BatchFile:
    """What `save` wrote. Raises FileUnreadable."""
    try:
        document: Any = json.loads(read_file(path, _MAX_BYTES))
        if document["version"] != _VERSION:
            raise ValueError(document["version"])
        batches = tuple(
            Submitted(str(each["id"]), tuple((int(number), str(own)) for number, own in each["rows"]), each["fetched"])
            for each in document["batches"]
        )
        schema = document.get("schema")
        if not isinstance(schema, dict | None):
            raise TypeError(schema)
        service, wire, model, base_url = (str(document[name]) for name in ("service", "wire", "model", "base_url"))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FileUnreadable(f"{display_name(path)} does not say which batches were submitted") from None
    return BatchFile(path, service, wire, model, base_url, batches, schema)
