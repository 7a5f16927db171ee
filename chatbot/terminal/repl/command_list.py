"""The list that `/help` shows: groups of commands, in two columns where these fit, never taller than a small screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

_USUAL_COLUMNS = 80
_GAP = "  "

# A heading, and the commands under it: name, what may follow it, and one sentence.
Groups = Mapping[str, Sequence[tuple[str, str, str]]]


def command_list(groups: Groups, notes: Iterable[str], columns: int) -> list[str]:
    """The rows, none wider than `columns` (0 is unknown): with what may follow each name where that fits, else without;
    on a narrow terminal the names alone. `notes` stand below.
    """
    columns = columns or _USUAL_COLUMNS
    for with_words in (True, False):
        rows = _two_columns([list(_group(name, rows, with_words)) for name, rows in groups.items()])
        if max(map(len, rows)) < columns:
            break
    else:
        rows = list(_names_alone(groups, columns))
    return [*rows, "", *(row for note in notes for row in _wrapped(note, columns))]


def _group(heading: str, rows: Sequence[tuple[str, str, str]], with_words: bool) -> Iterator[str]:
    heads = [f"/{name} {words if with_words else ''}".rstrip() for name, words, _ in rows]
    width = max(map(len, heads))
    yield heading
    for head, (_, _, sentence) in zip(heads, rows, strict=True):
        yield f"{head:{width}}  {sentence}"


def _two_columns(groups: Sequence[Sequence[str]]) -> list[str]:
    """The groups in their order, the first half of the rows at the left."""
    left: list[str] = []
    right: list[str] = []
    half = sum(len(group) + 1 for group in groups) / 2
    for group in groups:
        column = left if not right and len(left) + len(group) / 2 <= half else right
        column += ["", *group] if column else group
    width = max(map(len, left))
    right += [""] * (len(left) - len(right))
    left += [""] * (len(right) - len(left))
    return [f"{first:{width}}{_GAP}{second}".rstrip() for first, second in zip(left, right, strict=True)]


def _names_alone(groups: Groups, columns: int) -> Iterator[str]:
    for heading, rows in groups.items():
        yield from _wrapped(f"{heading}: " + " ".join(f"/{name}" for name, _, _ in rows), columns)


def _wrapped(text: str, columns: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(columns - 1, 10), subsequent_indent=_GAP, break_on_hyphens=False)
