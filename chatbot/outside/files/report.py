"""A report of an answer for somebody else: one new zip file."""

from __future__ import annotations

import io
import platform
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from chatbot.core.amounts import size_words
from chatbot.core.errors import ConfigurationError, FileUnreadable, OutputUnwritable
from chatbot.core.text import decode
from chatbot.core.version import __version__
from chatbot.outside.files.private import write_new
from chatbot.outside.files.reading import MAX_TEXT_BYTES, display_name, read_file

CASSETTE = "cassette.jsonl"
_ZIP = b"PK\x03\x04"  # how such a file begins
_MAX_OF_A_DAY = 1000
_LIBRARIES = ("requests", "urllib3", "certifi", "rich", "prompt_toolkit")


def write_report(folder: Path, now_s: float, files: Mapping[str, str]) -> Path:
    """Writes `chat-report-<date>.zip` with these texts by their names, and returns its path; where there is one of this
    day already, `-2` and so on. `now_s` is Unix seconds. Raises OutputUnwritable; then there is no part of a file.
    """
    now = time.localtime(now_s)
    data = _zipped(files, now)
    for path in _names(folder, time.strftime("%Y-%m-%d", now)):
        try:
            write_new(path, [data])
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputUnwritable(f"cannot write {display_name(path)}: {error.strerror}") from error
        return path
    raise OutputUnwritable(f"cannot write a report in {display_name(folder)}: there are too many of this day")


def _names(folder: Path, date: str) -> Iterator[Path]:
    yield folder / f"chat-report-{date}.zip"
    yield from (folder / f"chat-report-{date}-{number}.zip" for number in range(2, _MAX_OF_A_DAY))


def _zipped(files: Mapping[str, str], now: time.struct_time) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, (max(now.tm_year, 1980), *now[1:6]))  # the format knows no earlier year
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, text.encode("utf-8", "surrogateescape"), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def cassette_text(path: Path) -> str:
    """The text of a cassette, or of the one in a report. Raises FileUnreadable, and ConfigurationError where the report
    has none.
    """
    data, name = read_file(path, MAX_TEXT_BYTES), display_name(path)
    if not data.startswith(_ZIP):
        return decode(data, name).text
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(CASSETTE) as entry:
            text = entry.read(MAX_TEXT_BYTES + 1)
    except KeyError:
        raise ConfigurationError(f"{name} has no {CASSETTE}", advice="It was made with --no-bodies.") from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise FileUnreadable(f"cannot read {name}: it is a damaged zip file") from error
    if len(text) > MAX_TEXT_BYTES:
        raise FileUnreadable(f"cannot read {name}: the cassette in it has more than {size_words(MAX_TEXT_BYTES)}")
    return decode(text, name).text


def versions(libraries: Sequence[str] = _LIBRARIES) -> list[str]:
    """The program, Python, the system and the libraries an answer goes through, a line each."""
    import ssl  # loads slowly

    return [
        f"chat {__version__}",
        f"Python {platform.python_version()} ({sys.implementation.name}), {ssl.OPENSSL_VERSION}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        *(f"{name} {_version(name)}" for name in libraries),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not there"
