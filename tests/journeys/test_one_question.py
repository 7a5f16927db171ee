"""From the words of the command line to the request at the server, and back to standard output."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image as Picture

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, at, run
from tests.tables import each
from tests.wires import WIRES


def ask(server: LabServer, home: Path, *words: str | bytes, wire: str = "openai", stdin: bytes | None = None) -> Result:
    return run(*at(server.url, wire=wire), "-m", "echo", *words, home=home, stdin=stdin, **KEYS)


def body(server: LabServer) -> Any:
    return server.requests[-1].json


def question(server: LabServer) -> str:
    content = body(server)["messages"][-1]["content"]
    assert isinstance(content, str)
    return content


@each("wire", WIRES)
def test_a_question_is_answered_on_standard_output_and_nowhere_else(
    server: LabServer, tmp_path: Path, wire: str
) -> None:
    server.will_answer(text="Hello *there*.")
    result = ask(server, tmp_path, "hi", wire=wire)
    assert result == Result(b"Hello *there*.\n", "", 0)


@each("wire", WIRES)
def test_an_unstreamed_answer_is_the_same(server: LabServer, tmp_path: Path, wire: str) -> None:
    server.will_answer(text="Hello.")
    assert ask(server, tmp_path, "--no-stream", "hi", wire=wire) == Result(b"Hello.\n", "", 0)
    assert "stream" not in body(server)
    assert "streamGenerateContent" not in server.requests[-1].path


def test_words_without_quotes_are_one_question(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "why", "is", "it", "so")
    assert question(server) == "why is it so"


def test_a_subcommand_after_two_dashes_is_a_question(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--", "lab", "serve")
    assert question(server) == "lab serve"


def test_a_piped_question_goes_out_byte_for_byte(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, stdin="  white space\n\n\tis kept  ü\n".encode())
    assert question(server) == "  white space\n\n\tis kept  ü\n"


def test_an_instruction_stands_above_the_piped_text(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "what broke?", stdin=b"line 1\n  line 2\n")
    assert question(server) == "what broke?\n\nline 1\n  line 2\n"


def test_piped_text_is_never_a_command(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, stdin=b"/exit\n").code == 0
    assert question(server) == "/exit\n"


def test_files_are_context_under_their_names(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    ask(server, tmp_path, "-f", "notes.md", "shorten this")
    assert question(server) == "shorten this\n\nnotes.md:\n```\n# Notes\n```"


def test_the_system_prompt_may_come_from_a_file(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "role.txt").write_text("Be brief.")
    ask(server, tmp_path, "-s", "@role.txt", "hi")
    assert body(server)["messages"][0] == {"role": "system", "content": "Be brief."}


def test_sampling_is_sent_only_when_given(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "hi")
    assert set(body(server)) == {"model", "messages", "stream", "stream_options"}
    words = "--temperature 0 --top-p 0.5 --max-tokens 9 --stop END --seed 1 --reasoning-effort low".split()
    ask(server, tmp_path, *words, "hi")
    sent = body(server)
    assert (sent["temperature"], sent["top_p"], sent["max_completion_tokens"]) == (0, 0.5, 9)
    assert (sent["stop"], sent["seed"], sent["reasoning_effort"]) == (["END"], 1, "low")


def test_any_body_field_can_be_set(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "-o", "top_k=40", "-o", "user=me", "-o", "a.b=[1,null]", "hi")
    sent = body(server)
    assert (sent["top_k"], sent["user"], sent["a"]) == (40, "me", {"b": [1, None]})


def test_headers_and_keys_reach_the_server_in_headers_only(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--header", "X-Title: notes", "hi")
    received = server.requests[-1]
    assert received.headers["x-title"] == "notes"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in received.path
    assert KEY.encode() not in received.body


@each("wire", WIRES)
def test_an_image_is_sent_as_its_own_bytes_when_it_fits(server: LabServer, tmp_path: Path, wire: str) -> None:
    buffer = io.BytesIO()
    Picture.new("RGB", (8, 8), "red").save(buffer, "PNG")
    (tmp_path / "dot.png").write_bytes(buffer.getvalue())
    result = ask(server, tmp_path, "--image", "dot.png", "what is it?", wire=wire)
    assert result.code == 0
    assert base64.b64encode(buffer.getvalue()).decode() in json.dumps(body(server))


def test_an_image_may_be_piped_in(server: LabServer, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Picture.new("RGB", (8, 8), "red").save(buffer, "PNG")
    assert ask(server, tmp_path, "--image", "-", "what is it?", stdin=buffer.getvalue()).code == 0
    assert body(server)["messages"][-1]["content"][0]["type"] == "image_url"


def test_an_answer_that_ends_in_a_newline_gets_no_second_one(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="one\n")
    assert ask(server, tmp_path, "hi").out == b"one\n"


def test_a_pipe_gets_the_very_bytes_of_the_answer(server: LabServer, tmp_path: Path) -> None:
    hostile = "\x1b[31m red \x1b]52;c;eA==\x07 \u202e \x9b \x00 [bold] :smile: [/]"
    server.will_answer(text=hostile)
    assert ask(server, tmp_path, "hi").out == hostile.encode() + b"\n"


def test_json_holds_the_whole_outcome(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="Hello.")
    result = ask(server, tmp_path, "--json", "hi")
    document = json.loads(result.out)
    assert document["text"] == "Hello."
    assert (document["verdict"], document["exit_code"], document["error"]) == ("complete", 0, None)
    assert document["usage"]["output_tokens"] is not None


def test_json_tells_of_failures_too(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "wrong-key", "--json", "hi", home=tmp_path, **KEYS)
    document = json.loads(result.out)
    assert (document["text"], document["exit_code"], result.code) == ("", 77, 77)
    assert document["error"]["type"] == "KeyRejected"
    assert KEY not in result.text + result.err


def test_usage_is_told_beside_the_answer(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, "-u", "one two")
    assert result.out == b"one two\n"
    assert "tokens: 2 in, 2 out" in result.err


def test_reasoning_never_reaches_a_pipe(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "reasoning", "hi", home=tmp_path, **KEYS)
    assert result.code == 0
    assert result.err == ""
    assert b"Forty-two" in result.out


def test_a_parameter_that_the_model_refuses_is_left_out_and_said(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "unsupported-parameter", "--temperature", "1", "hi", home=tmp_path, **KEYS)
    assert result.code == 0
    assert "temperature" in result.err
    assert ["temperature" in request.json for request in server.requests] == [True, False]


def test_quiet_leaves_notices_out(server: LabServer, tmp_path: Path) -> None:
    words = ("-m", "unsupported-parameter", "--temperature", "1", "-q", "hi")
    assert run(*at(server.url), *words, home=tmp_path, **KEYS).err == ""


def test_bytes_of_argv_that_are_no_utf8_are_replaced(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, b"caf\xff").code == 0
    assert question(server) == "caf\ufffd"


def test_no_stdin_asks_without_waiting_for_the_pipe(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, "--no-stdin", "hi", stdin=b"not this")
    assert question(server) == "hi"


def test_the_first_model_of_the_list_is_taken_where_there_is_no_default(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="Hello.")
    result = run("--base-url", server.url + "/v1", "hi", home=tmp_path)
    assert (result.out, result.code) == (b"Hello.\n", 0)
    assert [request.method for request in server.requests] == ["GET", "POST"]
    assert "authorization" not in server.requests[-1].headers


def test_a_compatible_server_may_be_named_by_its_variable(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="Hello.")
    result = run("-m", "ollama/echo", "hi", home=tmp_path, OLLAMA_HOST=server.url.removeprefix("http://"))
    assert result == Result(b"Hello.\n", "", 0)


@each("provider", ["lab", "lab-responses", "lab-anthropic", "lab-gemini"])
def test_the_embedded_model_answers_offline_in_each_wire_format(tmp_path: Path, provider: str) -> None:
    result = run("-m", f"{provider}/guide", "how do I attach an image?", home=tmp_path)
    assert result.code == 0
    assert "--image" in result.text
    assert result.err == ""
