"""The page of a report: it holds what happened, and nothing in an exchange is more than text in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.events import ReasoningDelta, TextDelta
from chatbot.core.http.exchange import Chunk, Exchange
from chatbot.core.sse.decoder import SseEvent
from chatbot.terminal.http.report_page import report_page, verdict_text
from tests.tables import each
from tests.terminal.http.records import AGAIN, ANSWERED, REFUSED, shown

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOWS = """
onload = () => {
  const pages = [...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument.documentElement);
  document.body.textContent = JSON.stringify(pages.map((page) => page.outerHTML));
};
"""
NASTY = "</script><script>document.title='broken'</script><!--<script>\u2028\u2029\"'&amp;\x00\x1b]0;x\x07\u202e"


def read(event: SseEvent) -> list[TextDelta | ReasoningDelta]:
    return [ReasoningDelta(event.data[1:]) if event.data.startswith("?") else TextDelta(event.data)]


def streamed(*texts: str, **changes: Any) -> Exchange:
    """An answer in chunks 100 ms apart, from 300 ms on."""
    chunks = tuple(
        Chunk(300.0 + 100 * number, f"data: {text}\n\n".encode("utf-8", "surrogatepass"))
        for number, text in enumerate(texts)
    )
    return ANSWERED._replace(chunks=chunks, **changes)


def page(*exchanges: Exchange, about: tuple[str, ...] = (), bodies: bool = True) -> str:
    return report_page([shown(exchange) for exchange in exchanges], read, about, bodies=bodies)


class Elements(HTMLParser):
    """Every element with its attributes, and the text of each one named."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.data: dict[str, str] = {}
        self.comments = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        if self.tags:
            name = self.tags[-1][0]
            self.data[name] = self.data.get(name, "") + data

    def handle_comment(self, data: str) -> None:
        self.comments += 1


def data_of(text: str) -> Any:
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


def test_the_page_loads_nothing_and_tells_what_happened() -> None:
    text = page(REFUSED, AGAIN._replace(chunks=streamed("Hel", "lo").chunks), about=("chat 0.1.0", "Python 3.11"))
    assert "://" not in text.replace("https://api.example", "")
    assert text.count("<script") == 2 and " src=" not in text and "<link" not in text
    for told in (
        "chat 0.1.0",
        "attempt 1: 503",
        "waited",
        "Attempt 2: POST /v1/chat/completions",
        "The answer is complete.",
    ):
        assert told in text
    assert [[(chunk["text"], chunk["ms"]) for chunk in chunks] for chunks in data_of(text)] == [
        [],
        [("Hel", 300.0), ("lo", 400.0)],
    ]


def test_reasoning_is_apart_from_the_text() -> None:
    [[first, second]] = data_of(page(streamed("?hm", "so")))
    assert (first["reasoning"], first["text"], second["reasoning"], second["text"]) == ("hm", "", "", "so")


def test_without_bodies_no_word_of_the_conversation_is_in_it() -> None:
    secret = "what-was-said"
    exchange = streamed(secret, "?" + secret, request_body=f'{{"q": "{secret}"}}'.encode())
    assert secret in page(exchange)
    text = page(exchange, bodies=False)
    assert secret not in text
    assert [set(chunk) for chunk in data_of(text)[0]] == [{"ms", "at", "bytes"}] * 2
    assert "holds no bodies" in text


def test_a_border_within_a_character_shows_its_bytes() -> None:
    cut = (Chunk(1.0, b"data: \xc3"), Chunk(2.0, b"\xbc\n\n"))
    [[first, second]] = data_of(page(ANSWERED._replace(chunks=cut)))
    assert (first["raw"], second["raw"], second["text"]) == ("data: \\xc3", "\\xbc\n\n", "ü")


@each(
    ("changes", "line"),
    [
        ({}, "complete (stop, HTTP 200): The answer is complete."),
        (
            {"verdict": "cut", "finish_reason": "", "error": "the connection was reset"},
            "cut (HTTP 200, the connection was reset): "
            "The answer broke off before its end. Run the same command again.",
        ),
        ({"verdict": "", "status": None, "end": "refused", "finish_reason": ""}, "refused"),
    ],
)
def test_the_verdict_is_explained(changes: dict[str, Any], line: str) -> None:
    assert verdict_text([shown(ANSWERED, **changes)]) == line


def test_no_exchange_is_a_page_too() -> None:
    assert "no exchange" in page()


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([NASTY, "]]>", "<!--", "-->", "</pre>", "</title>", "<script", "\\u003c/script>", "&lt;", "'\"`"]),
)


@given(TEXTS, TEXTS, TEXTS)
def test_no_content_of_an_exchange_is_anything_but_text(said: str, header: str, error: str) -> None:
    line = said.replace("\r", "").replace("\n", "")

    def made(said: str, header: str, error: str) -> Elements:
        exchange = streamed(
            "x" + said,
            request_body=json.dumps([said]).encode(),
            response_headers=((header or "h", header),),
            finish_reason=error,
            error=error,
            reason=header,
            url="https://api.example/" + error,
        )
        return Elements(page(exchange, about=(header,)))

    found, plain = made(line, header, error), made("a", "b", "c")
    structure = [(tag, [pair for pair in attrs if pair[0] != "style"]) for tag, attrs in found.tags]
    assert structure == [(tag, [pair for pair in attrs if pair[0] != "style"]) for tag, attrs in plain.tags]
    assert found.comments == 0


def dumped(folder: Path, text: str, *fragments: str) -> list[str]:
    """The page after its script ran, as Chromium has it, at each of these places: in frames side by side."""
    (folder / "report.html").write_text(text, encoding="utf-8")
    frames = "".join(f'<iframe src="report.html{fragment}"></iframe>' for fragment in fragments)
    file = folder / "frames.html"
    file.write_text(f"{frames}<script>{SHOWS}</script>", encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --virtual-time-budget=3000".split()
    flags.append("--allow-file-access-from-files")
    done = subprocess.run(
        [str(CHROMIUM), *flags, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    [shown] = re.findall("<body>(.*)</body>", done.stdout, re.DOTALL)
    found: list[str] = json.loads(unescape(shown))
    return found


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_in_a_browser_the_slider_shows_the_stream_and_nothing_of_it_runs(tmp_path: Path) -> None:
    text = page(streamed("Hel", "lo ", "?hm", NASTY.replace("\x00", "")))
    whole, part, nothing = dumped(tmp_path, text, "", "#1@450", "#1@10")
    assert "chunk 4 of 4, at 0.6 s" in whole
    assert "<title>chat report</title>" in whole
    assert "<pre>Hello &lt;/script&gt;" in whole
    assert "<pre>hm</pre>" in whole
    assert "chunk 2 of 4, at 400 ms, 11 bytes" in part
    assert "<pre>Hello </pre>" in part
    assert "before the first chunk" in nothing
