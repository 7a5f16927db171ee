"""Which name was meant: the few that a mistyped word is near to.

Not difflib's ratio: by that, `--role` is near to `--modle`, and `list` is not near to `lits`.
"""

from __future__ import annotations

from collections.abc import Iterable

_AT_MOST = 2
_LEAST_PREFIX = 3


def likeliest(word: str, names: Iterable[str]) -> list[str]:
    """At most two of the `names`, the nearest ones to `word`; none where none is near.

    One letter in four may be wrong, and one always; letters that changed places are one mistake. The beginning of a
    name, or a whole part of it between dashes, is as near as one mistake. Dashes in front count for nothing.
    """
    typed = word.strip("-").lower()
    allowed = max(1, round(len(typed) / 4))
    scores = {name: _mistakes(typed, name.strip("-").lower()) for name in names}
    near = [name for name, score in scores.items() if score <= allowed]
    return [name for name in near if scores[name] == min(scores[other] for other in near)][:_AT_MOST]


def _mistakes(typed: str, name: str) -> int:
    if len(typed) >= _LEAST_PREFIX and (name.startswith(typed) or typed in name.split("-")):
        return min(1, distance(typed, name))
    # Of the shortest words nothing would be left.
    return distance(typed, name) if len(typed) > 1 else len(typed) + len(name)


def distance(one: str, other: str) -> int:
    """How many letters are left out, put in, changed, or have changed places with their neighbour."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, wanted in enumerate(other, 1):
            least = min(last[column] + 1, here[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and (letter, one[row - 2]) == (other[column - 2], wanted):
                least = min(least, before[column - 2] + 1)
            here.append(least)
        before, last = last, here
    return last[-1]
