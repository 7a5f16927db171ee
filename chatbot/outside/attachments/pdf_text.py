"""The text of a PDF, by pypdf in a child process: bounded in time, memory and length."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from chatbot.core.errors import FileUnreadable
from chatbot.outside.attachments.pdf_pages import LOCKED, NO_CRYPTO, TOO_LARGE
from chatbot.outside.desktop.pager import without_secrets
from chatbot.outside.files.reading import MAX_TEXT_BYTES

READ_WITHIN_S = 60.0
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


@functools.lru_cache(maxsize=8)
def pdf_text(data: bytes, name: str, within_s: float = READ_WITHIN_S) -> PdfText:
    """The text of a document. Raises FileUnreadable: without pypdf, and for one that is locked, broken, or has none."""
    if not is_installed():
        raise FileUnreadable(
            f"the text of {name} cannot be read: that needs pypdf",
            advice=f"Install it with {INSTALL}, or choose a model that reads PDF documents with -m.",
        )
    lines, is_late = _lines(data, within_s)
    fault = next((line for line in lines if "fault" in line), None)
    pages = [str(line["text"]) for line in lines if "text" in line]
    count = next((line["pages"] for line in lines if "pages" in line), 0)
    if not any(map(str.strip, pages)):
        raise _no_text(name, fault, count, is_late=is_late)
    text, shown = _marked(pages)
    return PdfText(text, tuple(_remarks(name, pages[:shown], count, is_late=is_late)))


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


def _marked(pages: list[str]) -> tuple[str, int]:
    """The pages under their marks, and how many they are: as many as a text file may be long."""
    parts: list[str] = []
    left_bytes = MAX_TEXT_BYTES
    for number, page in enumerate(pages, 1):
        part = f"[page {number}]\n{page.strip()}\n".encode("utf-8", "replace").decode()
        left_bytes -= len(part.encode())
        if left_bytes < 0 and parts:
            break
        parts.append(part)
    return "\n".join(parts), len(parts)


def _remarks(name: str, pages: list[str], count: int, *, is_late: bool) -> Iterator[str]:
    bare = [str(number) for number, page in enumerate(pages, 1) if not page.strip()]
    if len(pages) < count:
        why = ", as reading it takes too long" if is_late else ""
        yield f"only the first {len(pages)} of the {count} pages of {name} are sent{why}"
    if bare:
        which = f"page {bare[0]} has" if len(bare) == 1 else f"{len(bare)} pages ({_few(bare)}) have"
        yield f"of {name}, {which} no text: pictures of them are not sent"


def _few(numbers: list[str]) -> str:
    return ", ".join(numbers[:5]) + (", ..." if len(numbers) > 5 else "")


def _no_text(name: str, fault: dict[str, Any] | None, count: int, *, is_late: bool) -> FileUnreadable:
    if fault and fault["fault"] in _FAULTS:
        what, advice = _FAULTS[fault["fault"]]
        return FileUnreadable(f"{name} {what}", advice=advice)
    if is_late:
        return FileUnreadable(f"the text of {name} cannot be read in time, or at all", advice=_AS_PICTURES)
    if fault or not count:
        return FileUnreadable(
            f"{name} is damaged: there are no pages to be read in it", advice="Fetch or export it again."
        )
    return FileUnreadable(f"{name} has no text: its pages are pictures (a scan)", advice=_AS_PICTURES)
