"""What is said of several answers beside their text: heads, footers, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from chatbot.core.amounts import duration_words
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.failures import usage_line
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.several.progress import Progress
from chatbot.terminal.several.word_diff import Difference

_BOLD, _RED, _GREEN, _RESET = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
_SIGNIFICANT = 2  # figures of a price


def head(name: str, *, styles: bool, unicode: bool) -> str:
    """The row above an answer, with whose it is, and an empty one."""
    line = ("─" if unicode else "-") * 2
    return f"{line} {_BOLD if styles else ''}{name}{_RESET if styles else ''} {line}\n\n"


def footer(progress: Progress, usage: Usage | None, usd: Decimal | None, is_estimate: bool) -> str:
    """What an answer took: `first text 0.4 s, total 2.1 s; tokens: 12 in, 40 out; $0.0012; complete`."""
    finished = progress.result.finished
    first = "no text" if progress.first_text_s is None else f"first text {duration_words(progress.first_text_s)}"
    is_from_cache = bool(finished.cache and finished.cache.hit)
    cost = "cost unknown" if usd is None else usd_words(usd)
    about = "about " if is_estimate else ""
    parts = [
        f"{first}, total {duration_words(progress.total_s or 0.0)}",
        usage_line(usage, is_from_cache=is_from_cache).replace("tokens: ", f"tokens: {about}"),
        *([] if is_from_cache else [about * (usd is not None) + cost]),
        "stopped" if finished.verdict is Verdict.CANCELLED else str(finished.verdict),
    ]
    return "; ".join(parts)


def usd_words(usd: Decimal) -> str:
    """An amount in two significant figures, and cents at least: `$1.25`, `$0.0012`, `$0`."""
    if not usd:
        return "$0"
    digits = max(2, _SIGNIFICANT - 1 - usd.adjusted())
    return f"${round(usd, digits):f}"


def marked(differences: Iterable[Difference], *, styles: bool) -> str:
    """Both texts as one: `[-only in the first-]`, `{+only in the second+}`, as wdiff(1) marks them."""
    red, green, off = (_RED, _GREEN, _RESET) if styles else ("", "", "")
    forms = {"both": "{}", "first": f"{red}[-{{}}-]{off}", "second": f"{green}{{{{+{{}}+}}}}{off}"}
    return "".join(forms[each.side].format(sanitise(each.text)) for each in differences)
