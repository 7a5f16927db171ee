"""Characters as a person counts them: an emoji of several people, a flag, a letter with its accents.

Source: Unicode Standard Annex 29, "Grapheme Cluster Boundaries", as wcwidth has it.
"""

from __future__ import annotations

from wcwidth import iter_graphemes

_LONGEST = 64  # code points of one such character; real ones have a dozen at most


def length_of_last(text: str) -> int:
    """How many code points the last character of `text` has; 0 for an empty text."""
    characters = list(iter_graphemes(text[-_LONGEST:]))
    return len(characters[-1]) if characters else 0


def length_of_first(text: str) -> int:
    """The same for the first one."""
    return len(next(iter_graphemes(text[:_LONGEST]), ""))
