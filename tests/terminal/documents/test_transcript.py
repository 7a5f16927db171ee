from __future__ import annotations

import html
import re

import pytest

from chatbot.core.conversations.stored import Failure, ImageReference, StoredConversation, Summary, Turn
from chatbot.core.events import Usage, Verdict
from chatbot.terminal.documents.transcript import as_html, as_markdown
from tests.terminal.documents.test_conversations import CONTROLS, HOSTILE


def dated(then_s: float) -> str:
    return f"2026-11-21 14:{then_s:02.0f}"


def conversation(*turns: Turn, title: str = "why?") -> StoredConversation:
    return StoredConversation(Summary("abc123", 1.0, 2.0, title, len(turns), "lab", "guide"), turns)


def turn(question: str = "why?", answer: str = "because", verdict: Verdict | None = Verdict.COMPLETE) -> Turn:
    return Turn(1, "abc123", 0, 5.0, question, provider="lab", model="guide", answer=answer, verdict=verdict)


def test_a_conversation_is_a_markdown_document() -> None:
    first = turn()._replace(usage=Usage(10, 20), total_s=1.25, attempts=2)
    image = ImageReference("00", "image/png", 640, 480, "cat.png")
    second = turn("and this?", "a ca", Verdict.CUT)._replace(images=(image,), error=Failure("ConnectionLost", "lost"))
    assert as_markdown(conversation(first, second), dated) == (
        "# why?\n\n`abc123` · 2026-11-21 14:01 · 2 questions\n\n"
        "## You · 2026-11-21 14:05\n\nwhy?\n\n## lab/guide\n\nbecause\n\n"
        "*2 attempts · 10 tokens in · 20 tokens out · 1.2 s*\n\n"
        "## You · 2026-11-21 14:05\n\n*image: cat.png (640 × 480)*\n\nand this?\n\n## lab/guide\n\na ca\n\n"
        "*broke off: lost*\n"
    )


def test_reasoning_is_quoted_where_it_is_wanted() -> None:
    thought = conversation(turn()._replace(reasoning="first\n\nsecond"))
    assert "> first\n>\n> second\n\nbecause" in as_markdown(thought, dated, reasoning=True)
    assert "first" not in as_markdown(thought, dated)


def test_an_answer_without_its_end_says_so_and_swallows_nothing() -> None:
    cut = turn(answer="````python\n```\nprint(1)", verdict=None)
    assert "print(1)\n````\n\n*unfinished*\n" in as_markdown(conversation(cut), dated)
    whole = turn(answer="~~~\ncode\n~~~")
    assert as_markdown(conversation(whole), dated).endswith("~~~\ncode\n~~~\n")


@pytest.mark.parametrize("drawn", [as_markdown, as_html])
def test_a_document_is_harmless(drawn: object) -> None:
    hostile = turn(HOSTILE, HOSTILE)._replace(
        reasoning=HOSTILE,
        model=HOSTILE,
        error=Failure("X", HOSTILE),
        verdict=Verdict.FAILED,
        images=(ImageReference("00", "x", 1, 1, HOSTILE),),
    )
    assert callable(drawn)
    text = drawn(conversation(hostile, title=HOSTILE), dated, reasoning=True)
    assert not CONTROLS.search(text.replace("\n", " "))


def test_html_is_one_page_with_all_the_text_and_nothing_to_load() -> None:
    code = "```html\n<script>alert('x')</script>\n```"
    page = as_html(conversation(turn("1 < 2 & {3}?", f"**yes**\n\n{code}"), title="<title> {x} %s"), dated)
    assert page.startswith("<!DOCTYPE html>")
    assert "<title>&lt;title&gt; {x} %s</title>" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    body = html.unescape(re.sub(r"<[^>]+>", "", page.partition("<body>")[2]))
    for text in ("1 < 2 & {3}?", "yes", "<script>alert('x')</script>", "lab/guide"):
        assert text in body
    assert re.search(r"font-weight: bold", page)
