"""Each fault of the lab: what is printed, what is kept, how it exits."""

from __future__ import annotations

import json
import shlex
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatbot.lab.scenarios import NAMES
from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, at, run
from tests.tables import cases, each
from tests.wires import WIRES


class Fault(NamedTuple):
    scenario: str
    code: int
    says: str  # on standard error
    keeps: str = ""  # how standard output begins

    @property
    def requests(self) -> int:
        """A model that is not there is looked for in the list."""
        return 2 if self.scenario == "unknown-model" else 1


# With --max-retries 0 and one second of patience.
FAULTS = [
    Fault(scenario, int(code), says, *keeps)
    for scenario, code, says, *keeps in cases("""
        wrong-key | 77 | rejected the key
        no-permission | 77 | does not allow this
        unknown-model | 1 | does not know the model
        context-too-long | 1 | too long for the model
        rate-limited | 75 | It asks to wait 1 s.
        quota | 1 | credit or quota
        overloaded | 75 | is overloaded
        always-500 | 69 | failed inside
        html-502 | 69 | 502
        hang-before-headers | 69 | nothing came from 127.0.0.1
        hang-in-stream | 74 | what came is above | The lab sends
        reset-before-headers | 69 | broke off
        cut | 74 | what came is above | The lab sends
        cut-once | 74 | what came is above | # A heading
        no-end-marker | 74 | broke off before its end | The lab sends
        error-in-stream | 74 | it says: | The lab sends
        error-200 | 69 | it says:
        empty-200 | 74 | empty answer
        html-200 | 74 | a web page instead of an answer
        error-body-hangs | 77 | rejected the key
        not-http | 69 | does not speak HTTP
        refusal | 1 | declined to answer | I can't
        filtered | 1 | filter withheld the answer | This begins
        length | 0 | stops at the token limit | The answer goes on
    """)
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.scenario)
def test_a_fault_ends_in_plain_words_and_an_honest_exit_code(server: LabServer, tmp_path: Path, fault: Fault) -> None:
    words = (*at(server.url), "-m", fault.scenario, "--max-retries", "0", "--timeout", "1", "hi")
    result = run(*words, home=tmp_path, **KEYS)
    assert result.code == fault.code
    assert fault.says in result.err
    assert result.text.startswith(fault.keeps)
    assert bool(result.out) == bool(fault.keeps)
    assert len(server.requests) == fault.requests
    assert "Traceback" not in result.err
    assert "<" not in result.err
    assert result.err.count("\n") <= 4
    assert KEY not in result.text + result.err


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire != "openai"])
@pytest.mark.parametrize("scenario", ["wrong-key", "quota", "overloaded", "context-too-long", "cut", "error-in-stream"])
def test_the_other_wire_formats_exit_the_same(server: LabServer, tmp_path: Path, wire: str, scenario: str) -> None:
    fault = next(fault for fault in FAULTS if fault.scenario == scenario)
    words = (*at(server.url, wire=wire), "-m", scenario, "--max-retries", "0", "hi")
    result = run(*words, home=tmp_path, **KEYS)
    assert result.code == fault.code
    assert fault.says in result.err
    assert result.text.startswith(fault.keeps)


FINE = ("rate-limited", "overloaded", "split-utf8", "crlf", "slow", "reasoning", "old-parameter")


@pytest.mark.parametrize("scenario", FINE)
def test_what_can_be_mended_is_answered(server: LabServer, tmp_path: Path, scenario: str) -> None:
    result = run(*at(server.url), "-m", scenario, "hi", home=tmp_path, **KEYS)
    assert (result.code, bool(result.out)) == (0, True)


@each("wire", WIRES)
@each("scenario", ["early-hints", "huge-usage", "key-echo"])
def test_what_a_server_adds_costs_no_answer(server: LabServer, tmp_path: Path, wire: str, scenario: str) -> None:
    result = run(*at(server.url, wire=wire), "-m", scenario, "--json", "hi", home=tmp_path, **KEYS)
    told = json.loads(result.text)
    assert (result.code, told["verdict"], result.err) == (0, "complete", "")
    assert told["text"].startswith("The answer is")
    assert (told["usage"]["output_tokens"] or 0) < 100
    kept = json.loads(run("logs", "show", "--json", home=tmp_path).text)["turns"]
    assert [turn["verdict"] for turn in kept] == ["complete"]


@pytest.mark.parametrize(("scenario", "wire"), list(zip(cycle(["error-body-hangs", "not-http"]), WIRES)))
def test_trouble_below_the_wire_format_is_the_same_in_each(
    server: LabServer, tmp_path: Path, wire: str, scenario: str
) -> None:
    fault = next(fault for fault in FAULTS if fault.scenario == scenario)
    words = (*at(server.url, wire=wire), "-m", scenario, "--timeout", "1", "hi")
    result = run(*words, home=tmp_path, **KEYS)
    assert (result.code, result.out) == (fault.code, b"")
    assert fault.says in result.err
    assert len(server.requests) == 1


def test_a_very_long_answer_arrives_whole(server: LabServer, tmp_path: Path) -> None:
    streamed = run(*at(server.url), "-m", "long", "hi", home=tmp_path, **KEYS)
    whole = run(*at(server.url), "-m", "long", "--no-stream", "hi", home=tmp_path, **KEYS)
    assert streamed == whole
    assert len(streamed.out) > 50_000


def test_every_scenario_is_tested_here_or_named_as_an_ordinary_answer() -> None:
    ordinary = {"guide", "echo", "long", "escapes", "markdown", "unsupported-parameter"}
    ordinary |= set("tools parallel-calls mixed-calls calls-in-pieces signed-calls".split())  # without any
    ordinary |= set("broken-arguments unknown-tool call-without-id cut-call".split())
    ordinary |= {"no-attachments", "attachment-too-large"}  # without any
    ordinary |= {"early-hints", "huge-usage", "key-echo", "ignores-schema", "breaks-schema", "fenced-json"}
    assert {fault.scenario for fault in FAULTS} | set(FINE) | ordinary == set(NAMES)


def test_a_retry_is_told_once_when_nobody_watches(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "overloaded", "hi", home=tmp_path, **KEYS)
    assert result.err.count("trying again") == 1


def test_an_unknown_model_names_the_nearest_ones(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "guidee", "hi", home=tmp_path, **KEYS)
    assert result.code == 1
    assert "The server has: guide" in result.err


@each(
    ("words", "code", "says"),
    cases("""
        --nope hi | 2 | there is no option
        --temperature warm hi | 2 | --temperature is a number, for example 0.2, not 'warm'
        --api-key x hi | 2 | there is no option
        --option novalue hi | 2 | key=value
        --header novalue hi | 2 | --header
        --color blue hi | 2 | auto, always or never
        --provider opnai hi | 2 | did you mean openai
        '' | 2 | no question
        -f missing.txt hi | 66 | missing.txt
        -s @missing.txt hi | 66 | missing.txt
        --image missing.png hi | 66 | missing.png
        --image https://example.com/a.png hi | 2 | example.com
        --env-file missing.env hi | 66 | missing.env
        --base-url ftp://x hi | 78 | --base-url
        --base-url http://u:secret-word@x/v1 hi | 78 | user name
        --base-url http://example.com/v1 --provider openai hi | 78 | unencrypted
        -m claude-x hi | 78 | ANTHROPIC_API_KEY
    """),
)
def test_bad_input_is_one_clear_sentence_before_any_request(
    server: LabServer, tmp_path: Path, words: str, code: str, says: str
) -> None:
    result = run(*shlex.split(words), home=tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.url + "/v1")
    assert result.code == int(code)
    assert says in result.err
    assert result.out == b""
    assert "Traceback" not in result.err
    assert "secret-word" not in result.err
    assert server.requests == []


def test_nothing_configured_names_three_ways_to_begin_in_five_lines(tmp_path: Path) -> None:
    result = run("hi", home=tmp_path)
    assert result.code == 78
    assert len(result.err.splitlines()) == 5
    for way in ("OPENAI_API_KEY", "ollama serve", "chat -m lab/guide"):
        assert way in result.err
    assert all(len(line) <= 79 for line in result.err.splitlines())


def test_a_local_server_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    result = run("--provider", "ollama", "--base-url", "http://127.0.0.1:1/v1", "hi", home=tmp_path)
    assert result.code == 69
    assert "ollama serve" in result.err


def test_a_redirect_is_not_followed(server: LabServer, tmp_path: Path) -> None:
    with LabServer() as other:
        server.will_answer(
            status=307, headers={"Location": other.url + "/v1/chat/completions?key=secret-word"}, body=b""
        )
        result = run(*at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS)
        assert other.requests == []
    assert result.code == 78
    assert other.url in result.err
    assert "secret-word" not in result.err


def test_a_server_that_echoes_the_key_does_not_get_it_printed(server: LabServer, tmp_path: Path) -> None:
    body = f'{{"error":{{"message":"bad key {KEY}, or {KEY[:12]}...{KEY[-10:]}"}}}}'.encode()
    server.will_answer(status=401, headers={"X-Request-Id": KEY}, body=body)
    result = run(*at(server.url), "-m", "echo", "--debug", "hi", home=tmp_path, **KEYS)
    assert result.code == 77
    assert KEY[:12] not in result.err
    assert KEY[-10:] not in result.err


def test_text_of_the_server_in_an_error_cannot_reach_the_terminal_as_an_escape(
    server: LabServer, tmp_path: Path
) -> None:
    server.will_answer(status=400, headers={}, body=b'{"error":{"message":"\\u001b]52;c;eA==\\u0007"}}')
    result = run(*at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS)
    assert "\x1b" not in result.err


def test_a_server_that_wants_a_key_is_told_by_its_place_and_that_none_is_set(server: LabServer, tmp_path: Path) -> None:
    result = run("--base-url", f"{server.url}/v1", "-m", "wrong-key", "hi", home=tmp_path)
    place = server.url.removeprefix("http://")
    assert result.code == 77
    assert f"{place} wants a key, and none is set (HTTP 401)" in result.err
    assert "CUSTOM_API_KEY" in result.err
    rejected = run(*at(server.url), "-m", "wrong-key", "hi", home=tmp_path, **KEYS)
    assert f"{place} rejected the key (HTTP 401)" in rejected.err
    assert "OpenAI" not in rejected.err
    assert "platform.openai.com" not in rejected.err


def test_a_scenario_that_does_not_exist_shows_the_way_to_the_list(tmp_path: Path) -> None:
    result = run("-m", "lab/nosuch", "hi", home=tmp_path)
    assert result.code == 1
    assert "chat lab list" in result.err


@pytest.mark.parametrize("keys", [{}, {"OPENAI_API_KEY": KEY}])
def test_a_name_of_no_service_is_judged_before_a_missing_key(keys: dict[str, Any], tmp_path: Path) -> None:
    result = run("-m", "nosuch/model", "hi", home=tmp_path, **keys)
    assert result.code == 2
    assert "there is no provider 'nosuch'" in result.err


def test_reasoning_has_one_name_and_the_old_one_goes_on(server: LabServer, tmp_path: Path) -> None:
    words = [*at(server.url), "-m", "reasoning", "hi"]
    shown = [run(*words, flag, home=tmp_path, **KEYS) for flag in ("--show-reasoning", "--show-thinking")]
    assert shown[0] == shown[1]
    assert shown[0].code == 0
    assert "--show-thinking" not in run("--help", home=tmp_path).text


def test_an_empty_answer_to_a_long_prompt_tells_how_long_it_was(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(body=b"", headers={"Content-Type": "text/event-stream"})
    result = run(*at(server.url), "-m", "m", "--max-retries", "0", "word " * 3_000, home=tmp_path, **KEYS)
    assert result.code == 74
    assert "tokens were sent" in result.err
    assert "--truncate" in result.err


@pytest.mark.parametrize(
    ("message", "code", "says"),
    [
        ("litellm.ContextWindowExceededError: OpenAIException - too much", 1, "too long for the model"),
        ("/chat/completions: Invalid model name passed in model=nosuch", 1, "does not know the model"),
    ],
)
def test_a_gateways_words_are_understood(server: LabServer, tmp_path: Path, message: str, code: int, says: str) -> None:
    server.will_answer(status=400, body=json.dumps({"error": {"message": message, "code": "400"}}).encode())
    result = run(*at(server.url), "-m", "m", "hi", home=tmp_path, **KEYS)
    assert (result.code, says in result.err) == (code, True), result.err
