"""Files of any kind with a question: from the command line to the model, into the history, and on from there."""

from __future__ import annotations

import json
from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS, Result, at, run
from tests.pdfs import pdf
from tests.tables import each
from tests.wires import WIRES

REPORT = pdf(["The report."])
WAV = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24


def ask(server: LabServer, home: Path, *words: str, wire: str = "openai", stdin: bytes | None = None) -> Result:
    return run(*at(server.url, wire=wire), *words, home=home, stdin=stdin, **KEYS)


@each("wire", WIRES)
def test_a_pdf_reaches_the_model_and_what_one_refuses_breaks_no_later_turn(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    (tmp_path / "cat.png").write_bytes(REPORT)  # the name says nothing
    (tmp_path / "a.txt").write_text("some words\n")
    first = ask(server, tmp_path, "-m", "echo", "-a", "cat.png", "-a", "a.txt", "what?", wire=wire)
    named = {"gemini": "", "anthropic": ", cat.png"}.get(wire, ", cat.png.pdf")  # OpenAI goes by the ending
    assert first.text == (
        f"what?\n\na.txt:\n```\nsome words\n```\n[document: application/pdf, {len(REPORT)} bytes{named}]\n"
    )
    later = ask(server, tmp_path, "-m", "no-attachments", "-c", "and now?", wire=wire)
    assert (later.code, later.text) == (0, "This time everything is fine.\n")
    assert "asked again without them" in later.err
    refused = ask(server, tmp_path, "-m", "no-attachments", "-c", "-a", "cat.png", "this one?", wire=wire)
    assert refused.code == 1 and "takes no such files" in refused.err
    after = ask(server, tmp_path, "-m", "echo", "-c", "still there?", wire=wire)
    assert (after.code, after.text) == (0, "still there?\n")
    shown = run("logs", "show", home=tmp_path).text
    assert "*attached: cat.png (application/pdf)*" in shown


def test_a_conversation_with_a_pdf_goes_on_where_none_is_taken(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(REPORT)
    assert ask(server, tmp_path, "-m", "echo", "-a", "report.pdf", "what?").code == 0
    other = run(
        "--base-url", f"{server.url}/v1", "-m", "echo", "-c", "and now?", "--dry-run", "--as", "body", home=tmp_path
    )
    assert "[page 1]\\nThe report." in other.text and "base64" not in other.text
    assert "the text of report.pdf is sent" in other.err
    exported = json.loads(run("logs", "export", "--format", "json", home=tmp_path).text)
    assert [image["media_type"] for image in exported[0]["turns"][0]["images"]] == ["application/pdf"]


def test_a_piped_recording_goes_where_it_is_taken_and_is_refused_elsewhere(server: LabServer, tmp_path: Path) -> None:
    heard = ask(server, tmp_path, "-m", "echo", "-a", "-", "-v", "what?", stdin=WAV)
    assert heard.text == f"what?\n[audio: audio/wav, {len(WAV)} bytes]\n"
    asked = len(server.requests)
    refused = ask(server, tmp_path, "-m", "echo", "-a", "-", "what?", wire="anthropic", stdin=WAV)
    assert (refused.code, refused.out) == (66, b"")
    assert "it is a WAV recording" in refused.err and len(server.requests) == asked
