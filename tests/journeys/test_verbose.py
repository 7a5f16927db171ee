"""-v, -vv, -vvv and --timing: the HTTP on standard error, the answer alone on standard output."""

from __future__ import annotations

from pathlib import Path

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, at, run
from tests.journeys.test_on_a_terminal import ask
from tests.outside.wire import says, wire
from tests.tables import each
from tests.wires import WIRES


@each("flag", ["-v", "-vv", "-vvv", "--timing"])
@each("wire_format", WIRES)
def test_standard_output_is_the_same_to_the_byte_and_no_key_is_told(
    server: LabServer, tmp_path: Path, flag: str, wire_format: str
) -> None:
    words = [*at(server.url, wire=wire_format), "-m", "markdown", "hi"]
    plain, told = run(*words, home=tmp_path, **KEYS), run(flag, *words, home=tmp_path, **KEYS)
    assert (told.out, told.code) == (plain.out, plain.code)
    assert KEY not in told.err and "attempt 1  200" in told.err and not plain.err


def test_level_one_has_the_decisions_both_heads_the_end_and_the_waterfall(server: LabServer, tmp_path: Path) -> None:
    told = run("-v", *at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS).err
    order = [
        f"* address {server.url}/v1 from --base-url",
        "* key OPENAI_API_KEY from the environment",
        "* connected to 127.0.0.1:",
        "> POST /v1/chat/completions  ",
        "> Authorization: Bearer (hidden)",
        "< HTTP/1.1  200 OK  after ",
        "* complete (stop)   5 events   1 in, 1 out",
        "attempt 1  200",
        "  connect  ",
        "  text  ",
    ]
    places = [told.find(words) for words in order]
    assert -1 not in places and places == sorted(places), told


def test_level_two_has_the_body_and_each_event_with_what_it_added(server: LabServer, tmp_path: Path) -> None:
    told = run("-vv", *at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS).err
    assert '>   "model": "echo",' in told and "*            text 'hi'" in told and "finish reason stop" in told
    assert "chunk 1:" not in told
    told = run("-vvv", *at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS).err
    assert "chunk 1:" in told and "chunks" in told


def test_a_retry_tells_which_header_decided_its_wait_and_keeps_the_connection(
    server: LabServer, tmp_path: Path
) -> None:
    server.will_answer(status=429, retry_after="0.01")
    told = run("-v", *at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS)
    assert told.code == 0
    assert "< HTTP/1.1  429 Too Many Requests" in told.err
    assert "retry-after: 0.01; the server asks for 0.01 s, and up to 1 s at random more" in told.err
    assert "* same connection to" in told.err and "  waited  " in told.err and "attempt 2  200" in told.err


def test_what_is_told_of_an_attempt_takes_the_place_of_the_row_that_waited_for_it(
    server: LabServer, tmp_path: Path
) -> None:
    words = ["-v", "--timeout", "0.4", "--max-retries", "1", "--color", "never"]
    person = ask(server, tmp_path, "hang-before-headers", *words, size=(80, 40))
    person.wait_for_text("waiting for hang-before-headers")
    person.leave()
    told = [row for row in person.rows if "nothing came from" in row]
    assert told and all(row.startswith(("* nothing", "* failed", "chat: nothing")) for row in told)
    assert not any("waiting for" in row for row in person.rows)


def test_a_refused_connection_is_an_attempt_too(tmp_path: Path) -> None:
    told = run("-v", *at("http://127.0.0.1:1"), "-m", "echo", "hi", home=tmp_path, **KEYS)
    assert told.code == 69
    assert "> POST /v1/chat/completions" in told.err and "attempt 1  refused" in told.err
    assert "* failed: nothing answers at 127.0.0.1:1" in told.err


def test_a_key_that_comes_back_in_pieces_is_not_told(tmp_path: Path) -> None:
    half = len(KEY) // 2
    said = f'data: {{"choices":[{{"index":0,"delta":{{"content":"{KEY}"}}}}]}}\n\n'.encode()
    cut = said.index(KEY.encode()) + half
    head = b"HTTP/1.1 401 No\r\nx-echo: " + KEY.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (said[:cut], said[cut:])) + b"0\r\n\r\n"
    with wire(says(head.replace(b"401 No", b"200 OK") + body)) as server:
        told = run("-vvv", "--provider", "openai", "--base-url", server.url, "-m", "x", "hi", home=tmp_path, **KEYS)
    assert KEY not in told.err and KEY[:half] not in told.err and KEY[half:] not in told.err
    assert "x-echo: [key]" in told.err
