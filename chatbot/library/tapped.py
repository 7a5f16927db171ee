"""The body of a response, watched while its reader reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Tapped:
    """Stands for the `raw` of a response. `on_data` gets each piece of the decoded body; `on_end` is called once: with
    None at the end of the body, else with what ended it (GeneratorExit: the reader had enough).
    """

    def __init__(
        self, raw: Any, on_data: Callable[[bytes], None], on_end: Callable[[BaseException | None], None]
    ) -> None:
        self._raw = raw
        self._on_data = on_data
        self._on_end = on_end
        self._has_ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amt: int | None = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """See urllib3.HTTPResponse."""
        try:
            for data in self._raw.stream(amt, decode_content=decode_content):
                self._on_data(data)
                yield data
        except BaseException as error:
            self._end(error)
            raise
        self._end(None)

    def read(self, *args: Any, **options: Any) -> bytes:
        """See urllib3.HTTPResponse."""
        return self._read(self._raw.read, args, options)

    def read1(self, *args: Any, **options: Any) -> bytes:
        """See urllib3.HTTPResponse."""
        return self._read(self._raw.read1, args, options)

    def close(self) -> None:
        """Closes it; a body that was not read to its end is cut."""
        self._raw.close()
        self._end(GeneratorExit())

    def _read(self, read: Callable[..., bytes], args: Any, options: Any) -> bytes:
        try:
            data = read(*args, **options)
        except BaseException as error:
            self._end(error)
            raise
        if data:
            self._on_data(data)
        asked = args[0] if args else options.get("amt")
        if not data or (asked is None and read == self._raw.read):
            self._end(None)
        return data

    def _end(self, error: BaseException | None) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_end(error)
