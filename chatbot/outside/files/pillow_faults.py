"""What Pillow, and the C libraries under it, raise, warn of, log and print, as plain sentences instead."""

from __future__ import annotations

import contextlib
import logging
import os
import textwrap
import warnings
from collections.abc import Iterable, Iterator

from chatbot.core.errors import ChatError, ImageUnreadable
from chatbot.core.images.file_signatures import lookalike

_NO_LOG = logging.NullHandler()  # without a handler, what Pillow logs would go to standard error


@contextlib.contextmanager
def said_plainly(data: bytes, name: str) -> Iterator[list[str]]:
    """Turns whatever is raised while `data` is read as an image into one sentence, as ImageUnreadable.

    Gives a list that holds, afterwards, what was warned of: each once and in one line.
    """
    logging.getLogger("PIL").addHandler(_NO_LOG)
    warned: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield warned
        except ChatError:
            raise
        except Exception as error:  # decoders raise anything: OSError, struct.error, EOFError, MemoryError
            raise _sentence(error, data, name) from error
    warned.extend(_distinct(caught))


def _sentence(error: Exception, data: bytes, name: str) -> ImageUnreadable:
    import PIL.Image

    if isinstance(error, PIL.UnidentifiedImageError):
        what = lookalike(data)
        return ImageUnreadable(f"cannot send {name}: it is {what.words}", advice=what.advice)
    if isinstance(error, PIL.Image.DecompressionBombError):
        return ImageUnreadable(f"{name} has far too many pixels", advice="Scale it down first.")
    reason = textwrap.shorten(str(error), 100) or type(error).__name__
    return ImageUnreadable(f"{name} is damaged or incomplete ({reason})", advice="Fetch or export it again.")


def _distinct(caught: Iterable[warnings.WarningMessage]) -> list[str]:
    """The words of warnings, without those that are meant for programmers."""
    said = (str(each.message) for each in caught if issubclass(each.category, UserWarning))
    return list(dict.fromkeys(" ".join(words.split()) for words in said))


@contextlib.contextmanager
def libtiff_silenced() -> Iterator[None]:
    """Without what libtiff writes to standard error by itself; the exception that follows says the same."""
    try:
        kept = os.dup(2)
    except OSError:  # closed: nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
