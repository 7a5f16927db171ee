"""OpenAI's Responses, chosen by `--api`: what a model has thought goes back to it with the questions that follow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

NAMED = ("--api", "responses", "-m", "openai/reasoning")
KINDS = ["message", "reasoning", "message", "message"]


def ask(server: LabServer, home: Path, *words: str) -> Result:
    return run(*words, home=home, **KEYS, OPENAI_BASE_URL=f"{server.url}/v1")


def sent(server: LabServer) -> list[Any]:
    """The input items of the last request, which went to Responses."""
    assert server.requests[-1].path == "/v1/responses"
    items: list[Any] = server.requests[-1].json["input"]
    return items


def test_encrypted_reasoning_goes_back_when_a_conversation_is_continued(server: LabServer, tmp_path: Path) -> None:
    assert ask(server, tmp_path, *NAMED, "one").text == "Forty-two.\n"
    first = server.requests[-1].json
    assert (first["store"], first["include"]) == (False, ["reasoning.encrypted_content"])

    assert ask(server, tmp_path, "-c", "two").code == 0  # in the wire format that it belongs to, though not named again

    assert [item["type"] for item in sent(server)] == KINDS
    assert sent(server)[1]["encrypted_content"] and sent(server)[2]["id"] == "msg_lab_1"
    ask(server, tmp_path, "-c", "three")
    assert [item["type"] for item in sent(server)] == [*KINDS[:3], *KINDS]


def test_it_goes_back_from_a_copy_that_was_exported_and_imported(server: LabServer, tmp_path: Path) -> None:
    ask(server, tmp_path, *NAMED, "one")
    exported = run("logs", "export", "--format", "json", home=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "one.json").write_bytes(exported.out)
    assert run("logs", "import", "one.json", home=elsewhere).code == 0
    ask(server, elsewhere, "-c", "two")
    assert [item["type"] for item in sent(server)] == KINDS


@each("words", [("--api", "chat"), ("-m", "anthropic/echo"), ("--api", "responses", "-m", "echo")])
def test_another_wire_format_service_or_model_gets_the_text_alone(
    server: LabServer, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ask(server, tmp_path, *NAMED, "one")
    provider = () if "/" in words[-1] or "chat" in words else ("--provider", "openai")
    env = {**KEYS, "OPENAI_BASE_URL": f"{server.url}/v1", "ANTHROPIC_BASE_URL": server.url}
    assert run("-c", *provider, *words, "two", home=tmp_path, **env).code == 0
    body = json.dumps(server.requests[-1].json)
    assert "encrypted_content" not in body.replace("reasoning.encrypted_content", "") and "Forty-two." in body


def test_it_goes_back_in_a_session_and_with_a_cached_answer(server: LabServer, tmp_path: Path) -> None:
    person = Person([*NAMED, "-i", "--cache", "one"], tmp_path, OPENAI_BASE_URL=f"{server.url}/v1")
    person.wait_for_prompt()
    person.asks("two", "Forty-two.", 2)
    person.leaves(2)
    assert [item["type"] for item in sent(server)] == KINDS
    before = len(server.requests)
    for words in (("--cache", *NAMED, "one"), ("--cache", "-c", "two")):
        assert "from the cache" in ask(server, tmp_path, *words).err
    assert len(server.requests) == before


def test_a_service_that_does_not_speak_it_is_not_asked_at_all(server: LabServer, tmp_path: Path) -> None:
    refused = run("--api", "responses", "-m", "claude-haiku-5-5", "hi", home=tmp_path, **KEYS)
    assert refused.code == 2 and "Anthropic is not known to speak --api responses" in refused.err
    mistyped = run("--api", "respones", "hi", home=tmp_path, **KEYS)
    assert mistyped.code == 2 and "--api is chat or responses, not 'respones'" in mistyped.err


def test_a_server_without_it_is_not_asked_in_another_way_in_silence(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(status=404, body=b'{"detail":"Not Found"}')
    result = run("--base-url", f"{server.url}/v1", "--api", "responses", "-m", "echo", "hi", home=tmp_path)
    assert result.code == 1 and "ask it with --api chat" in result.err
    assert [request.path for request in server.requests] == ["/v1/responses"]


def test_a_model_that_only_it_has_says_which_option(server: LabServer, tmp_path: Path) -> None:
    said = "This model is only supported in v1/responses and not in v1/chat/completions."
    server.will_answer(status=404, body=json.dumps({"error": {"message": said}}).encode())
    assert "Ask it with --api responses." in ask(server, tmp_path, "-m", "openai/echo", "hi").err


def test_in_a_session_a_model_elsewhere_is_asked_as_its_service_speaks(server: LabServer, tmp_path: Path) -> None:
    person = Person(["--api", "responses", "-m", "lab/echo"], tmp_path)
    person.wait_for_prompt()
    person.asks("/model lab-anthropic/echo", "not known to speak --api responses; asked without", 2)
    person.asks("hello there", "hello there", 3)
    person.leaves(3)


def test_what_has_no_field_is_told_before_it_is_sent(server: LabServer, tmp_path: Path) -> None:
    result = ask(server, tmp_path, "--seed", "1", "--stop", "END", "--max-tokens", "9", *NAMED, "hi")
    assert result.err.endswith("(Responses) takes no seed and no stop words; asked without\n")
    assert server.requests[-1].json["max_output_tokens"] == 9
    assert not {"seed", "stop"} & set(server.requests[-1].json)


def test_reasoning_that_is_not_taken_back_costs_no_answer(server: LabServer, tmp_path: Path) -> None:
    """Another key, another organisation, another region: what one has encrypted the other cannot read."""
    ask(server, tmp_path, *NAMED, "one")
    said = "The encrypted content gAA... could not be verified."
    refused = {"error": {"message": said, "type": "invalid_request_error", "code": "invalid_encrypted_content"}}
    server.will_answer(status=400, body=json.dumps(refused).encode())
    result = ask(server, tmp_path, "-c", "two")
    assert (result.code, result.text) == (0, "Forty-two.\n")
    assert "does not take its earlier reasoning back" in result.err
    assert [item["type"] for item in sent(server)] == ["message"] * 3 and "id" not in sent(server)[1]


def test_no_key_is_kept_in_what_goes_back(server: LabServer, tmp_path: Path) -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"}
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": f"It is {KEY}."}]}
    whole = {"object": "response", "status": "completed", "output": [reasoning, message]}
    server.will_answer(body=json.dumps(whole).encode())
    assert ask(server, tmp_path, *NAMED, "what is my key?").text == "It is [key].\n"
    exported = run("logs", "export", "--format", "json", home=tmp_path)
    assert json.loads(exported.text)[0]["turns"][0]["items"] is None
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
