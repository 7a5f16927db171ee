"""What is said of words that no command knows: what was perhaps meant, and where all of them stand."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.core.errors import UsageError
from chatbot.core.likeness import likeliest


def unknown(kind: str, word: str, names: Sequence[str], path: str) -> UsageError:
    """The error for an option or a command that is none of these."""
    near = likeliest(word, list(names))
    meant = [f"Did you mean {' or '.join(near)}?"] if near else []
    return UsageError(f"there is no {kind} {word}", advice="\n".join([*meant, _more(path)]))


def wrong(sentence: str, path: str) -> UsageError:
    """The error in Typer's sentence."""
    return UsageError(sentence[:1].lower() + sentence[1:].rstrip("."), advice=_more(path))


def _more(path: str) -> str:
    """Where everything stands."""
    return f"Try: {path} --help"
