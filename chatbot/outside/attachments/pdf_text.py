"""The text of a PDF, by pypdf in a child process: bounded in time, memory and length."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chatbot.core.errors import FileUnreadable
from chatbot.outside.attachments.pdf_pages import LOCKED, NO_CRYPTO, TOO_LARGE
from chatbot.outside.desktop.pager import without_secrets
from chatbot.outside.files.reading import MAX_TEXT_BYTES
from chatbot.records import NamedTuple

READ_WITHIN_S = 120.0
_SAID_AFTER_S = 2.0
INSTALL = "pip install 'chat-cli[pdf]'"
_AS_PICTURES = "Send its pages as pictures (pdftoppm -png IN page), or choose a model that reads PDF documents with -m."
_FAULTS = {
    LOCKED: ("wants a password", "Take it off first: qpdf --decrypt --password=... IN out.pdf ."),
    NO_CRYPTO: ("is encrypted in a way that is not read here", f"{INSTALL} brings what is missing."),
    TOO_LARGE: (
        "unpacks to more than fits into memory",
        "Send only the pages that matter: qpdf IN --pages . 1-10 -- out.pdf",
    ),
}


class PdfText(NamedTuple):
    """The text, each page under a mark with its number, and what is to be said of it."""

    text: str
    remarks: tuple[str, ...] = ()


def is_installed() -> bool:
    """Whether pypdf is there."""
    return importlib.util.find_spec("pypdf") is not None


def pdf_text(
    data: bytes, name: str, on_wait: Callable[[str], None] = lambda words: None, *, within_s: float = READ_WITHIN_S
) -> PdfText:
    """The text of a document. `on_wait` is told where that takes a while.

    Raises FileUnreadable: without pypdf, and for a document that is locked, broken, or has none.
    """
    if not is_installed():
        raise FileUnreadable(
            f"the text of {name} cannot be read: that needs pypdf",
            advice=f"Install it with {INSTALL}, or choose a model that reads PDF documents with -m.",
        )
    said = threading.Timer(_SAID_AFTER_S, on_wait, (f"reading the text of {name} takes a while; Ctrl-C stops it",))
    said.daemon = True
    said.start()
    try:
        lines, is_late = _lines(data, within_s)
    finally:
        said.cancel()
    fault = next((line for line in lines if "fault" in line), None)
    pages: list[str | None] = [line["text"] for line in lines if "text" in line]
    count = next((line["pages"] for line in lines if "pages" in line), 0)
    if not any(page and page.strip() for page in pages):
        is_damaged = not count or all(page is None for page in pages)
        raise _no_text(name, fault, is_late=is_late, is_damaged=is_damaged)
    text, shown = _marked(pages)
    return PdfText(text, tuple(_remarks(name, pages[:shown], count, is_late=is_late)))


@functools.lru_cache(maxsize=8)
def _lines(data: bytes, within_s: float) -> tuple[list[dict[str, Any]], bool]:
    """What the child wrote, and whether it was ended before it was done. Raises FileUnreadable."""
    command = [sys.executable, "-P", "-m", "chatbot.outside.attachments.pdf_pages"]
    environ = without_secrets(os.environ) | {"PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return list(_parsed(late.stdout or b"")), True
    except OSError as error:
        raise FileUnreadable(f"what reads PDF documents cannot be started: {error.strerror}") from error
    return list(_parsed(done.stdout)), done.returncode != 0


def _parsed(written: bytes) -> Iterator[dict[str, Any]]:
    for line in written.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return  # the child was ended in the middle of a line


def _marked(pages: Sequence[str | None]) -> tuple[str, int]:
    """The pages under their marks, and how many they are: as many as a text file may be long."""
    parts: list[str] = []
    left_bytes = MAX_TEXT_BYTES
    for number, page in enumerate(pages, 1):
        part = f"[page {number}]\n{(page or '').strip()}\n".encode("utf-8", "replace").decode()
        left_bytes -= len(part.encode())
        if left_bytes < 0 and parts:
            break
        parts.append(part)
    return "\n".join(parts), len(parts)


def _remarks(name: str, pages: Sequence[str | None], count: int, *, is_late: bool) -> Iterator[str]:
    bare = [str(number) for number, page in enumerate(pages, 1) if page is not None and not page.strip()]
    broken = [str(number) for number, page in enumerate(pages, 1) if page is None]
    if len(pages) < count:
        why = ", as reading it takes too long" if is_late else ""
        yield f"only the first {len(pages)} of the {count} pages of {name} are sent{why}"
    if bare:
        yield f"{name}: without text, and so not sent: {_pages(bare)}"
    if broken:
        yield f"{name}: damaged, and so not sent: {_pages(broken)}"


def _pages(numbers: list[str]) -> str:
    return (
        f"page {numbers[0]}" if len(numbers) == 1 else f"pages {', '.join(numbers[:5])}" + ", ..." * (len(numbers) > 5)
    )


def _no_text(name: str, fault: dict[str, Any] | None, *, is_late: bool, is_damaged: bool) -> FileUnreadable:
    if fault and fault["fault"] in _FAULTS:
        what, advice = _FAULTS[fault["fault"]]
        return FileUnreadable(f"{name} {what}", advice=advice)
    if is_late:
        return FileUnreadable(f"the text of {name} cannot be read in time, or at all", advice=_AS_PICTURES)
    if fault or is_damaged:
        return FileUnreadable(
            f"{name} is damaged: there is nothing to be read in it", advice="Fetch or export it again."
        )
    return FileUnreadable(f"{name} has no text: its pages are pictures, as of a scan", advice=_AS_PICTURES)
