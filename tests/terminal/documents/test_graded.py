"""The marks of a client: a table, lines in a pipe, and a page in which nothing is more than text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from chatbot.terminal.documents.graded import GradeRow, graded_text
from chatbot.terminal.documents.graded_page import graded_page
from chatbot.terminal.screen import Screen
from tests.terminal.http.test_report_page import CHROMIUM, NASTY, dumped

SENTENCES = ("HTTP 429 comes.", "It waits.", "Wait as long as the server asks.")
SAME = GradeRow("answer", *SENTENCES, (("openai", "pass", "the answer"), ("gemini", "pass", "the answer")))
APART = GradeRow(
    "retry-after",
    *SENTENCES,
    (("openai", "fail", "after 0.5 s"), ("anthropic", "fail", "after 0.5 s"), ("gemini", "n/a", "it did not ask")),
)
SUMMARY = "score 50 of 100: 2 pass, 2 fail, 1 n/a; openai, gemini; 3 s"


def test_in_a_pipe_a_row_is_a_line_and_what_failed_says_what_it_teaches() -> None:
    assert graded_text([SAME, APART], SUMMARY, Screen(rendered=False, styles=False)).splitlines() == [
        "pass  answer                           the answer",
        f"fail  retry-after (openai, anthropic)  after 0.5 s  {' '.join(SENTENCES)}",
        "n/a   retry-after (gemini)             it did not ask",
        "",
        SUMMARY,
    ]


@pytest.mark.parametrize("width", [30, 100])
def test_on_a_terminal_nothing_is_lost(width: int) -> None:
    text = graded_text([SAME, APART], SUMMARY, Screen(width=width, styles=False))
    rows, _, summary = text.rpartition("\n\n")
    assert all(len(line) <= width for line in rows.splitlines())
    together = "".join(rows.split())
    assert all("".join(part.split()) in together for part in (*SENTENCES, "after 0.5 s", "retry-after (gemini)"))
    assert " ".join(summary.split()) == SUMMARY and all(len(line) <= width for line in summary.splitlines())


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def page(text: str) -> str:
    row = GradeRow(text, text, text, text, (("openai", "fail", text), (text, text, text)))
    return graded_page([row], ["client", text], f"score 7 of 100: {text}")


def test_the_page_loads_nothing_and_what_a_client_wrote_is_text() -> None:
    text = page(NASTY)
    assert Tags(text).tags == Tags(page("plain")).tags
    assert "script" not in Tags(text).tags and " src=" not in text and "<link" not in text and "://" not in text
    whole = graded_page([SAME, APART], ["client.py", "{question}"], SUMMARY)
    for told in (
        "<h1>score 50 of 100</h1>",
        "client.py &#x27;{question}&#x27;",
        "2 pass, 2 fail",
        *SENTENCES,
        "<th>gemini</th>",
    ):
        assert told in whole


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_in_a_browser_it_is_a_table_and_nothing_of_it_runs(tmp_path: Path) -> None:
    [shown] = dumped(tmp_path, page(NASTY.replace("\x00", "")), "")
    assert "<title>chat lab grade</title>" in shown
    assert shown.count("<td>") == 3
    assert "&lt;script&gt;document.title='broken'" in shown
