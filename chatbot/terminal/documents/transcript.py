"""A kept conversation as a document: Markdown, and HTML that Rich draws from it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from chatbot.core.amounts import duration_words, token_words
from chatbot.core.calls.steps import Step
from chatbot.core.conversations.stored import StoredConversation, Summary, Turn
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.documents.conversations import Dated, one_line
from chatbot.terminal.fences import with_closed_fence
from chatbot.terminal.sanitise import sanitise

_HTML_WIDTH = 100
_ENDINGS = {
    None: "unfinished",
    Verdict.LENGTH: "stopped at the token limit",
    Verdict.FILTERED: "withheld by the provider's filter",
    Verdict.REFUSED: "the model declined",
    Verdict.CUT: "broke off",
    Verdict.FAILED: "ended in an error",
    Verdict.EMPTY: "no text",
    Verdict.CANCELLED: "stopped",
}
_PAGE = """<!DOCTYPE html>
<html lang="und">
<head>
<meta charset="utf-8">
<title>%title%</title>
<style>
{stylesheet}
body {{ color: {foreground}; background-color: {background}; }}
pre {{ font-family: Menlo, "DejaVu Sans Mono", Consolas, monospace; line-height: 1.35; }}
</style>
</head>
<body>
<pre><code>{code}</code></pre>
</body>
</html>
"""


def as_markdown(
    conversation: StoredConversation, dated: Dated, *, reasoning: bool = False, compared: Sequence[Summary] = ()
) -> str:
    """The whole conversation, questions and answers as they were but for what is dangerous to print. `compared` are
    those that ask the same of other models.
    """
    summary = conversation.summary
    count = "1 question" if summary.turns == 1 else f"{summary.turns} questions"
    facts = [f"`{summary.id}`", dated(summary.created_s), count]
    facts += [f"forked from `{one_line(summary.forked_from)}`"] if summary.forked_from else []
    blocks = [f"# {one_line(summary.title) or summary.id}", " · ".join(facts)]
    others = [f"`{one_line(each.id)}` ({one_line(each.model) or one_line(each.provider)})" for each in compared]
    blocks += [f"asked of other models too: {', '.join(others)}"] if others else []
    for turn in conversation.turns:
        blocks += _turn_blocks(turn, dated, reasoning)
    return "\n\n".join(blocks) + "\n"


def _turn_blocks(turn: Turn, dated: Dated, reasoning: bool) -> Iterator[str]:
    taken_back = " · taken back" if turn.withdrawn else ""
    yield f"## You · {dated(turn.created_s)}{taken_back}"
    for image in turn.images:
        what = f"image: {one_line(image.name)} ({image.width} × {image.height})"
        yield f"*{what if image.is_image else f'attached: {one_line(image.name)} ({one_line(image.media_type)})'}*"
    yield with_closed_fence(sanitise(turn.question))
    names = [one_line(name) for name in (turn.provider, turn.model) if name]
    yield f"## {'/'.join(names) or 'Answer'}"
    for step in turn.steps:
        yield from _step_blocks(step, reasoning)
    if reasoning and turn.reasoning:
        yield _quoted(turn.reasoning)
    if turn.answer:
        yield with_closed_fence(sanitise(turn.answer))
    facts = list(_facts(turn))
    if facts:
        yield f"*{' · '.join(facts)}*"


def _step_blocks(step: Step, reasoning: bool) -> Iterator[str]:
    """What the model said and called, and what came of it."""
    if reasoning and step.reasoning:
        yield _quoted(step.reasoning)
    if step.text:
        yield with_closed_fence(sanitise(step.text))
    for made in step.calls:
        call = made.made or made.call
        yield f"*tool: {one_line(call.name)}*\n\n{fenced(call.arguments)}"
        if made.result is None:
            yield "*interrupted*" if made.is_started else "*not made*"
        else:
            yield f"*{'error' if made.result.is_error else 'result'}*\n\n{fenced(made.result.text)}"


def _quoted(reasoning: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in sanitise(reasoning).splitlines())


def fenced(text: str) -> str:
    """A text as a block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{sanitise(text).rstrip()}\n{fence}"


def _facts(turn: Turn) -> Iterator[str]:
    """How the answer ended, if not as it should, and what it took."""
    if turn.verdict in _ENDINGS:
        yield _ENDINGS[turn.verdict] + (f": {one_line(turn.error.message)}" if turn.error else "")
    if turn.steps:
        count = len(turn.steps) + bool(turn.answer)
        yield "1 step" if count == 1 else f"{count} steps"
    if turn.attempts > len(turn.steps) + 1:
        yield f"{turn.attempts} attempts"
    usage = turn.usage or Usage()
    yield from (
        f"{token_words(count)} {what}"
        for count, what in ((usage.input_tokens, "in"), (usage.output_tokens, "out"))
        if count is not None
    )
    if turn.total_s is not None:
        yield duration_words(turn.total_s)


class _Nowhere:
    """A file for a console that only records."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass


def as_html(conversation: StoredConversation, dated: Dated, *, reasoning: bool = False) -> str:
    """The conversation as one page of HTML; see `html_page`."""
    return html_page(as_markdown(conversation, dated, reasoning=reasoning), one_line(conversation.summary.title))


def html_page(markdown: str, title: str) -> str:
    """Sanitised Markdown as one page of HTML without anything to load, as it looks on a terminal."""
    from rich.console import Console
    from rich.text import Text

    from chatbot.terminal.markdown.stream import one_piece

    console = Console(
        file=_Nowhere(),  # type: ignore[arg-type]
        record=True,
        width=_HTML_WIDTH,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    for row in one_piece(markdown, _HTML_WIDTH):
        console.print(Text.assemble(*row.runs), soft_wrap=True)
    page = console.export_html(code_format=_PAGE)
    return page.replace("%title%", html.escape(title), 1)
