"""What a cassette has of exchanges that follow each other."""

from __future__ import annotations

from pathlib import Path

from chatbot.cli.ask.wire.files import CassetteFile
from chatbot.cli.output.cassette import read_cassette
from chatbot.core.http.exchange import Chunk, Exchange, SafeExchange, Step
from chatbot.terminal.notices import Notices

FIRST = Exchange("a", 1, 1.0, "p", "w", "m", "POST", "http://h", (), b"{}", status=200, end="eof")
NOTICES = Notices(lambda text: None, str, colour=False)
SECOND = FIRST._replace(id="b", method="GET")


def begin(tape: CassetteFile, exchange: Exchange, data: bytes) -> None:
    for name in ("sent", "answered"):
        tape.step(Step(name, exchange._replace(end="")))
    tape.step(Step("chunk", exchange._replace(end=""), Chunk(1.0, data)))


def test_what_became_of_an_answer_is_kept_with_it_also_where_another_exchange_has_begun(tmp_path: Path) -> None:
    tape = CassetteFile(tmp_path / "tape", NOTICES)
    for exchange in (FIRST, SECOND):
        begin(tape, exchange, b"half a line")
        tape.step(Step("ended", exchange))
    for over in (FIRST._replace(verdict="failed"), SECOND):
        tape.over(SafeExchange(over))
    found = read_cassette(tmp_path / "tape")
    assert [(each.id, each.verdict, each.response_body) for each in found] == [
        ("a", "failed", b"half a line"),
        ("b", "", b"half a line"),
    ]


def test_an_exchange_whose_steps_were_not_written_changes_no_other_one(tmp_path: Path) -> None:
    tape = CassetteFile(tmp_path / "tape", NOTICES)
    begin(tape, FIRST, b"x\n")
    for over in (FIRST, SECOND._replace(verdict="cut")):
        tape.over(SafeExchange(over))
    assert [(each.id, each.verdict) for each in read_cassette(tmp_path / "tape")] == [("a", "")]
