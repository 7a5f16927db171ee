"""The rows of a file, one at a time: JSON Lines, CSV, or plain lines."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Literal

from chatbot.core.batch.row import ID, Row, row_of
from chatbot.core.errors import FileUnreadable, UsageError
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple

Format = Literal["jsonl", "csv", "lines"]
_BY_ENDING: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "lines",
}
_SNIFFED_BYTES = 64 * 1024
_MAX_CELL_CHARS = 10_000_000
_NO_NAME = re.compile(r"\W+")


class RowFile(NamedTuple):
    """A file of rows that can be gone through again. `name` is how it is called in a sentence."""

    name: str
    opened: IO[bytes]
    format: Format

    def rows(self) -> Iterator[Row]:
        """Each row. Raises UsageError, with the file and the row, for one that cannot be read."""
        self.opened.seek(0)
        read = {"jsonl": self._objects, "csv": self._table, "lines": self._lines}[self.format]
        for number, (line, content) in enumerate(read(), 1):
            yield row_of(number, line, content)

    def fault(self, line: int, what: str, advice: str = "") -> UsageError:
        """The error for a row."""
        return UsageError(f"line {line} of {self.name}: {what}", advice=advice)

    def _texts(self) -> Iterator[tuple[int, str]]:
        for line, data in enumerate(self.opened, 1):
            try:
                yield line, (data.removeprefix(b"\xef\xbb\xbf") if line == 1 else data).decode()
            except UnicodeDecodeError:
                raise self.fault(line, "it is not UTF-8", "Convert the file, for example with iconv.") from None

    def _lines(self) -> Iterator[tuple[int, str]]:
        for line, text in self._texts():
            if text.strip():
                yield line, text.rstrip("\r\n")

    def _objects(self) -> Iterator[tuple[int, Any]]:
        for line, text in self._texts():
            if not text.strip():
                continue
            try:
                content = json.loads(text)
            except (ValueError, RecursionError):
                is_list = line == 1 and text.lstrip().startswith("[")
                raise self.fault(line, "it is not JSON", _ONE_A_LINE if is_list else "") from None
            if isinstance(content, list):
                raise self.fault(line, "it is a list, and each line is to be an object", _ONE_A_LINE)
            if not isinstance(content, (dict, str)):
                raise self.fault(line, "it is neither an object nor a text")
            yield line, content

    def _table(self) -> Iterator[tuple[int, dict[str, str]]]:
        csv.field_size_limit(_MAX_CELL_CHARS)
        texts = (text for _, text in self._texts())
        first = next(texts, "")
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(_again(first, texts), delimiter=delimiter, strict=True)
        try:
            names = self._header(next(reader, []))
            for cells in reader:
                if cells and any(cells):
                    if len(cells) != len(names):
                        raise self.fault(reader.line_num, f"it has {len(cells)} cells, and the header {len(names)}")
                    yield reader.line_num, dict(zip(names, cells, strict=True))
        except csv.Error as error:
            raise self.fault(reader.line_num, f"it is no CSV: {error}") from None

    def _header(self, cells: list[str]) -> list[str]:
        """The names of the columns, as variables can be called."""
        names = [_NO_NAME.sub("_", cell.strip()) for cell in cells]
        if names and all(name and not name[0].isdecimal() for name in names) and len(set(names)) == len(names):
            return [ID if name.lower() == ID else name for name in names]
        what = (
            "two columns have one name" if names and all(names) and len(set(names)) < len(names) else "it is no header"
        )
        raise self.fault(1, what, "The first line of a CSV file names its columns: id,question")


_ONE_A_LINE = "Write one object on each line: jq -c '.[]' FILE"


def open_rows(path: str, format_: Format | None) -> RowFile:
    """The file of that name; `-` is standard input, which is kept in a file without a name until the end.

    Raises FileUnreadable.
    """
    name = "standard input" if path == "-" else display_name(path)
    try:
        opened = _spooled() if path == "-" else Path(path).expanduser().open("rb")
        start = opened.read(_SNIFFED_BYTES)
    except OSError as error:
        raise FileUnreadable(
            f"cannot read {name}: {(error.strerror or str(error)).lower()}", advice="- reads standard input."
        ) from None
    if b"\0" in start:
        opened.close()
        raise FileUnreadable(f"{name} looks binary: it has NUL bytes")
    found = format_ or (None if path == "-" else _BY_ENDING.get(Path(path).suffix.lower())) or _sniffed(start)
    return RowFile(name, opened, found)


def _spooled() -> IO[bytes]:
    spooled = tempfile.TemporaryFile()  # noqa: SIM115  (it is closed with the program)
    with open(0, "rb", closefd=False) as piped:
        shutil.copyfileobj(piped, spooled)
    spooled.seek(0)
    return spooled


def _sniffed(start: bytes) -> Format:
    return "jsonl" if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") else "lines"


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others
