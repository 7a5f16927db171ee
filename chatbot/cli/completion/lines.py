"""What a script of `scripts` is told: a line of the kind, then a line for each offer.

The kinds: `words`; `open`, after whose one word no blank shall stand; `files` and `folders`, which the shell offers
itself, with the number of characters before the path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatbot.cli.completion.offered import Offered, offered
from chatbot.cli.completion.sources import Offer
from chatbot.cli.completion.typed import Word, read_words
from chatbot.outside.files.beginning import paths_beginning
from chatbot.terminal.sanitise import sanitise

_LISTING = "63"  # bash's COMP_TYPE, `?`: what it is given is shown, and not typed
_MOST_SHOWN = 60


def lines_at(shell: str, words: Sequence[str]) -> Iterator[str]:
    """The lines for what a script gave. Raises whatever goes wrong."""
    if shell == "bash":
        replaced, line, why = words
        return _for_bash(replaced, line, is_listing=why == _LISTING)
    current, *before = words
    word = Word(current, current) if shell == "zsh" else read_words(current)[-1]  # zsh tells what it means
    found = offered(before, word.value)
    return _of_kind(found, [_row(shell, offer) for offer in found.offers])


def _for_bash(replaced: str, line: str, *, is_listing: bool) -> Iterator[str]:
    """bash puts what it is given in the place of `replaced`: the end of the word, behind a quote, a colon, an `=`."""
    *before, word = read_words(line)
    if word.is_target:
        return iter(["files"])
    found = offered([each.value for each in before[1:]], word.value)
    if found.paths and word.value[found.skipped - 1 : found.skipped] == "@":  # bash itself completes hosts behind it
        start = word.value[: found.skipped]
        paths = paths_beginning(word.value[found.skipped :])
        found = Offered([Offer(start + path) for path in paths if (start + path).startswith(word.value)])
    kept = len(word.raw) - len(replaced)
    if is_listing and len(found.offers) > 1 and not found.offers[0].text.startswith("-"):
        return _of_kind(found, [f"{offer.text}  {_told(offer, _MOST_SHOWN)}".rstrip() for offer in found.offers])
    return _of_kind(found, [word.become(offer.text)[kept:] for offer in found.offers])


def _of_kind(found: Offered, rows: Sequence[str]) -> Iterator[str]:
    if found.paths:
        yield f"{found.paths}\t{found.skipped}"
        return
    is_open = len(found.offers) == 1 and found.offers[0].text.endswith(("/", "="))
    yield "open" if is_open else "words"
    yield from rows


def _row(shell: str, offer: Offer) -> str:
    if shell == "powershell":
        is_plain = all(sign.isalnum() or sign in "-_./:=+" for sign in offer.text)
        text = offer.text if is_plain else "'" + offer.text.replace("'", "''") + "'"
        return f"{text}\t{offer.text}\t{_told(offer)}"
    return f"{offer.text}\t{_told(offer)}"


def _told(offer: Offer, most: int = 200) -> str:
    """What is said of it, on one row and harmless."""
    about = " ".join(sanitise(offer.about).split())
    return about if len(about) <= most else about[: most - 1] + "…"
