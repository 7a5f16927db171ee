"""What is said of several answers beside their text: heads, footers, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.core.amounts import duration_words
from chatbot.core.cost.answer import cost_words
from chatbot.core.cost.price import cost_usd
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.failures import FROM_CACHE, usage_line
from chatbot.terminal.sanitise import sanitise
from chatbot.terminal.several.progress import Progress
from chatbot.terminal.several.word_diff import Difference

_BOLD, _RED, _GREEN, _RESET = "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[0m"


def head(name: str, *, styles: bool, unicode: bool) -> str:
    """The row above an answer, with whose it is, and an empty one."""
    line = ("─" if unicode else "-") * 2
    return f"{line} {_BOLD if styles else ''}{name}{_RESET if styles else ''} {line}\n\n"


def footer(progress: Progress, estimate: Usage | None) -> str:
    """What an answer took: `first text 0.4 s, total 2.1 s; tokens: 12 in, 40 out; $0.0012; complete`. `estimate` is
    about that, where it was not told.
    """
    finished, cost = progress.result.finished, progress.cost
    first = "no text" if progress.first_text_s is None else f"first text {duration_words(progress.first_text_s)}"
    usage, about = finished.usage, ""
    if estimate and cost:
        usage, about, cost = estimate, "about ", cost._replace(usd=cost_usd(cost.price, estimate))
    words = ("about " if about and cost and cost.usd is not None else "") + cost_words(cost)
    if finished.cache and finished.cache.hit:
        words = FROM_CACHE
    return "; ".join(
        [
            f"{first}, total {duration_words(progress.total_s or 0.0)}",
            usage_line(usage, words).replace("tokens: ", f"tokens: {about}"),
            "stopped" if finished.verdict is Verdict.CANCELLED else str(finished.verdict),
        ]
    )


def marked(differences: Iterable[Difference], *, styles: bool) -> str:
    """Both texts as one: `[-only in the first-]`, `{+only in the second+}`, as wdiff(1) marks them."""
    red, green, off = (_RED, _GREEN, _RESET) if styles else ("", "", "")
    forms = {"both": "{}", "first": f"{red}[-{{}}-]{off}", "second": f"{green}{{{{+{{}}+}}}}{off}"}
    return "".join(forms[each.side].format(sanitise(each.text)) for each in differences)
