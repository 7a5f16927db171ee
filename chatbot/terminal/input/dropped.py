"""Files that were dropped on the prompt: a terminal then types their paths, each in its own way of quoting."""

from __future__ import annotations

import re
from collections.abc import Callable

_ABSOLUTE = re.compile(r"/|~/|file:|[A-Za-z]:[/\\]|\\\\")
_ENDING = r"\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif|hei[cf])"
_AROUND = "'\"`()<>[]{},.;:!?"
_LOOKED_THROUGH_CHARS = 4_000


def dropped_paths(typed: str, is_file: Callable[[str], bool]) -> list[str]:
    """The paths, where absolute paths of files that exist are all that was typed; else nothing."""
    whole = typed.strip()
    if not _ABSOLUTE.match(whole.lstrip("'\"")) or "\n" in whole:
        return []
    if is_file(whole):  # with blanks as they are
        return [whole]
    import shlex

    try:
        paths = shlex.split(whole)
    except ValueError:  # a quotation mark is not closed
        return []
    return paths if all(_ABSOLUTE.match(path) and is_file(path) for path in paths) else []


def is_image_name(path: str) -> bool:
    """Whether the name of a file says that it is an image."""
    return re.search(rf"{_ENDING}\Z", path, re.IGNORECASE) is not None


def named_image(text: str, is_file: Callable[[str], bool]) -> str | None:
    """The first word of a question that is the path of an image."""
    words = (word.strip(_AROUND) for word in text[:_LOOKED_THROUGH_CHARS].split())
    return next((word for word in words if is_image_name(word) and is_file(word)), None)
