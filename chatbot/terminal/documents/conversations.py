"""Kept conversations as lines for a terminal: lists, hits and numbers. Everything is harmless to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatbot.core.amounts import size_words
from chatbot.core.conversations.stored import ID_LENGTH, Ending, Hit, Stats, Summary
from chatbot.core.events import Verdict
from chatbot.terminal.sanitise import sanitise

# Unix seconds to a date in the person's time zone, such as `2026-11-21 14:05`.
Dated = Callable[[float], str]

_MIN_MODEL_CELLS, _MAX_MODEL_CELLS = 6, 24
_MIN_TITLE_CELLS = 20
_MIN_MARKED_CELLS = 4  # of a title beside how its last answer ended
_BROKEN: dict[Ending | None, str] = {
    None: "taken back",
    "partial": "unfinished",
    Verdict.FILTERED: "withheld",
    Verdict.REFUSED: "declined",
    Verdict.CUT: "cut",
    Verdict.FAILED: "failed",
    Verdict.EMPTY: "no answer",
    Verdict.CANCELLED: "stopped",
}
_SIDES = {"user": "question", "assistant": "answer"}


def ago(then_s: float, now_s: float, dated: Dated) -> str:
    """How long ago a time was: `just now`, `5 min ago`, `3 h ago`, `2 days ago`; after two weeks the date."""
    passed_s = now_s - then_s
    if passed_s < 45:  # also when the clock was set back
        return "just now"
    minutes, hours, days = round(passed_s / 60), round(passed_s / 3600), round(passed_s / 86_400)
    if minutes < 60:
        return f"{minutes} min ago"
    if hours < 24:
        return f"{hours} h ago"
    if days < 14:
        return "yesterday" if days == 1 else f"{days} days ago"
    return dated(then_s)[:10]


def list_lines(summaries: Sequence[Summary], width: int, time_words: Callable[[float], str]) -> list[str]:
    """A line of at most `width` cells for each conversation: id, time, model, as much of its first question as fits,
    how many there were, and how the last answer ended if it is not whole. `time_words` tells a Unix time.
    """
    times = [time_words(summary.updated_s) for summary in summaries]
    models = [one_line(summary.model) for summary in summaries]
    time_cells = max(map(cells, times), default=0)
    left = width - ID_LENGTH - 2 - time_cells - 2
    longest = min(max(map(cells, models), default=0), _MAX_MODEL_CELLS)
    model_cells = min(longest, left - 2 - _MIN_TITLE_CELLS)
    if model_cells < min(longest, _MIN_MODEL_CELLS):
        model_cells = 0  # it would say nothing
    left -= model_cells + 2 if model_cells else 0
    lines = []
    for summary, when, model in zip(summaries, times, models, strict=True):
        parts = [summary.id, filled(when, time_cells), *([filled(model, model_cells)] if model_cells else [])]
        lines.append(fitted("  ".join([*parts, _title_and_more(summary, left)]), width))
    return lines


def _title_and_more(summary: Summary, width: int) -> str:
    """The title shortened, so that what is told beside it has its place; how an answer ended is told above all."""
    title = one_line(summary.title) or "(no text)"
    count = f"{summary.turns} questions" if summary.turns > 1 else ""
    ending = _BROKEN.get(summary.ending, "")
    for told in (", ".join(filter(None, (count, ending))), ending):
        more = f" ({told})" if told else ""
        least = min(cells(title), _MIN_TITLE_CELLS if told != ending else _MIN_MARKED_CELLS)
        if width - cells(more) >= least:
            return fitted(title, width - cells(more)) + more
    return title


def hit_lines(
    hits: Sequence[Hit], width: int, time_words: Callable[[float], str], mark: Callable[[str], str] = "[{}]".format
) -> list[str]:
    """Two lines of at most `width` cells for each hit: where it is, and the words around it. `mark` makes a hit stand
    out, `time_words` tells a Unix time.
    """
    lines = []
    times = [time_words(hit.created_s) for hit in hits]
    time_cells = max(map(cells, times), default=0)
    for hit, when in zip(hits, times, strict=True):
        where = f"{_SIDES[hit.side]} {hit.position + 1}"
        head = [hit.conversation_id, filled(when, time_cells), where, one_line(hit.model)]
        lines.append(fitted("  ".join(filter(None, head)), width))
        lines.append("    " + _marked(hit, width - 4, mark))
    return lines


def _marked(hit: Hit, width: int, mark: Callable[[str], str]) -> str:
    """The snippet in `width` cells; what `mark` adds is counted only where it can be seen."""
    seen = cells(mark("x")) - 1 if "\x1b" not in mark("x") else 0
    shown = ""
    left = width
    for piece in hit.snippet:
        text = sanitise(piece.text).replace("\n", " ")
        room = left - (seen if piece.is_hit else 0)
        part = fitted(text, room)
        if room <= 0:
            break
        shown += mark(part) if piece.is_hit else part
        left = room - cells(part)
        if part != text:
            break
    return shown


def stats_lines(stats: Stats, now_s: float, dated: Dated) -> list[str]:
    """The history in numbers; under them a line for each model."""
    if not stats.turns or stats.first_s is None or stats.last_s is None:
        return ["nothing is kept yet"]
    rows = [
        ("conversations", grouped(stats.conversations)),
        ("questions", grouped(stats.turns)),
        ("without a whole answer", grouped(stats.incomplete)),
        ("images", f"{grouped(stats.images)} ({size_words(stats.image_bytes)})"),
        ("size", size_words(stats.file_bytes)),
        ("first question", ago(stats.first_s, now_s, dated)),
        ("last question", ago(stats.last_s, now_s, dated)),
    ]
    lines = [f"{name:<24}{value}" for name, value in rows]
    names = [one_line("/".join(filter(None, (model.provider, model.model)))) or "?" for model in stats.models]
    name_cells = max(map(cells, names), default=0)
    lines += ["", f"{filled('model', name_cells)}  {'questions':>10}  {'tokens in':>12}  {'tokens out':>12}"]
    for name, model in zip(names, stats.models, strict=True):
        counts = f"{grouped(model.turns):>10}  {grouped(model.input_tokens):>12}  {grouped(model.output_tokens):>12}"
        lines.append(f"{filled(name, name_cells)}  {counts}")
    return lines


def one_line(text: str) -> str:
    """Text of others on one line."""
    return " ".join(sanitise(text).split())


def grouped(count: int) -> str:
    """A number with thin groups: `12 345`."""
    return f"{count:,}".replace(",", " ")


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # only where there are other letters

    return cell_len(text)


def fitted(text: str, width: int) -> str:
    """Text cut to `width` cells, with `…` where something is missing."""
    if cells(text) <= width:
        return text
    shown = text[: max(0, width)]
    while shown and cells(shown) >= width:
        shown = shown[:-1]
    return shown + "…" if width > 0 else ""


def filled(text: str, width: int) -> str:
    """Text in exactly `width` cells."""
    text = fitted(text, width)
    return text + " " * (width - cells(text))
