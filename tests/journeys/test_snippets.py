"""A snippet is run as it is: the lab receives from it what it receives from `chat` itself."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image as Picture

from chatbot.lab.answers import Received
from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys import ready
from tests.journeys.chat import KEY, KEYS, at, environment, run
from tests.wires import WIRES

HOSTILE = 'It\'s "so" \\ `id` $HOME ${PATH} %s !! {x} </script>\n\t梨 🎉 \u2028 é\n'


class Runner(NamedTuple):
    """What runs a snippet: the program that is needed, and its words before the file."""

    program: str
    words: tuple[str, ...]
    suffix: str


RUNNERS = {
    "curl": Runner("curl", ("sh",), ".sh"),
    "httpie": Runner("http", ("sh",), ".sh"),
    "python": Runner(sys.executable, (sys.executable,), ".py"),
    "js": Runner("node", ("node",), ".js"),
}
WORDS = {
    "plain": ["hi"],
    "hostile": ["-s", HOSTILE, HOSTILE],
    "options": ["--temperature", "0.5", "--max-tokens", "40", "--stop", "'\"", "-o", "metadata.a=$b", "say $1"],
    "one piece": ["--no-stream", "hi"],
    "a number that JavaScript has not": ["--seed", str(2**60 + 1), "hi"],
    "a header": ["--header", "X-Note: a'b\"c $d `e`", "--header", "X-Api-Token: very-secret", "hi"],
}
CASES = [(case, "openai") for case in WORDS] + [
    (case, wire) for case in ("hostile", "one piece") for wire in WIRES if wire != "openai"
]


@functools.cache
def path(*, anew: bool = False) -> str:
    """Where the programs are that run snippets. HTTPie is loaded but once, unless it shall start `anew`."""
    here = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    http = shutil.which("http", path=here)
    python = http and ready.interpreter(http)
    if anew or not (http and python):
        return here
    return ready.first_on_path("http", python, http, "httpie.core", anew="httpie") + here


def executed(
    form: str, text: str, home: Path, *, anew: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a snippet; it gets the key from the environment. With `anew` what runs it has loaded nothing before."""
    runner = RUNNERS[form]
    file = home / f"snippet{runner.suffix}"
    file.write_text(text)
    (home / "config.json").write_text('{"disable_update_warnings": true}')  # of HTTPie, which would ask its makers
    env = environment(home, **KEYS, X_API_TOKEN="very-secret", HTTPIE_CONFIG_DIR=str(home), **variables)
    env["PATH"] = path(anew=anew)
    if form == "python" and not anew:
        done = forked.run([str(file)], env, home, timeout_s=30)
    else:
        command = [*runner.words, str(file)]
        done = subprocess.run(command, env=env, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def what_matters(received: Received) -> dict[str, Any]:
    added = (
        "host",
        "content-length",
        "user-agent",
        "accept-encoding",
        "connection",
        "accept-language",
        "sec-fetch-mode",
    )
    headers = {name.lower(): value for name, value in received.headers.items() if name.lower() not in added}
    return {"method": received.method, "path": received.path, "headers": headers, "body": received.json}


def needed(form: str) -> None:
    program = RUNNERS[form].program
    if not shutil.which(program, path=path()):
        pytest.skip(f"{program} is not here")


class Asked(NamedTuple):
    """What was asked with `chat` itself: its words, what the lab got, and the answer."""

    words: list[str]
    sent: Received
    text: str


@pytest.fixture(scope="module")
def server() -> Iterator[LabServer]:
    with LabServer(pace_s=0.0, hang_s=20.0) as running:
        yield running


@pytest.fixture(scope="module")
def asked(server: LabServer, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Asked:
    """A case in a wire format; None is the one with an image."""
    case, wire = request.param
    home = tmp_path_factory.mktemp("asked")
    words = [*at(server.url, wire=wire), "-m", "echo"]
    if case is None:
        Picture.effect_noise((400, 400), 200).save(home / "noise.png")
        words += ["--image", str(home / "noise.png"), "what is it?"]
    else:
        words += WORDS[case]
    text = run(*words, home=home, **KEYS).text
    return Asked(words, server.requests[-1], text)


@pytest.fixture(params=RUNNERS)
def form(request: pytest.FixtureRequest) -> str:
    """A form of the request that is a program, where what runs it is installed."""
    needed(request.param)
    return str(request.param)


@pytest.mark.parametrize("asked", CASES, indirect=True)
def test_a_snippet_sends_what_chat_sends_and_prints_the_answer(
    server: LabServer, tmp_path: Path, form: str, asked: Asked
) -> None:
    words, sent, text = asked
    before = len(server.requests)
    told = run("--dry-run", "--as", form, *words, home=tmp_path, **KEYS)
    assert told.code == 0, told.err
    assert KEY not in told.text and "very-secret" not in told.text
    assert len(server.requests) == before, "a dry run sends nothing"

    done = executed(form, told.text, tmp_path)

    assert done.returncode == 0, done.stderr
    assert what_matters(server.requests[-1]) == what_matters(sent)
    if form in ("python", "js"):
        assert done.stdout.strip() == text.strip()
    else:
        assert server.requests[-1].body == sent.body


@pytest.mark.parametrize("asked", [(None, wire) for wire in WIRES], indirect=True)
def test_an_image_goes_with_it_and_a_body_that_is_too_long_in_a_file(
    server: LabServer, tmp_path: Path, form: str, asked: Asked
) -> None:
    words, sent, _ = asked
    assert len(sent.body) > 100_000
    dry = ("--dry-run", "--as", form, *words)
    if form in ("curl", "httpie"):
        refused = run(*dry, home=tmp_path, **KEYS)
        assert refused.code == 2 and "--out" in refused.err
        dry = ("--out", str(tmp_path), *dry)
    told = run(*dry, home=tmp_path, **KEYS)
    assert executed(form, told.text, tmp_path).returncode == 0
    assert what_matters(server.requests[-1]) == what_matters(sent)


def test_a_refused_request_ends_in_an_error(server: LabServer, tmp_path: Path, form: str) -> None:
    told = run("--dry-run", "--as", form, *at(server.url), "-m", "wrong-key", "hi", home=tmp_path, **KEYS)
    done = executed(form, told.text, tmp_path, anew=True)
    assert done.returncode != 0
    assert "401" in done.stderr or form == "httpie"


def test_a_dry_run_needs_no_key_and_no_server_and_shows_where_the_key_would_stand(tmp_path: Path) -> None:
    for model, header in (
        ("gpt-5", "Authorization: Bearer (hidden)"),
        ("claude-haiku-5-5", "x-api-key: (hidden)"),
        ("gemini-3-flash", "x-goog-api-key: (hidden)"),
    ):
        shown = run("--dry-run", "-m", model, "hi", home=tmp_path)
        assert shown.code == 0 and header in shown.text, shown.err
    assert '"Authorization: Bearer ${OPENAI_API_KEY}"' in run("--dry-run", "--as", "curl", "hi", home=tmp_path).text


def test_the_body_is_the_body_and_several_stand_side_by_side(server: LabServer, tmp_path: Path) -> None:
    body = run("--dry-run", "--as", "body", *at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS)
    assert json.loads(body.text)["messages"] == [{"role": "user", "content": "hi"}]
    models = ("-m", "gpt-5", "-m", "claude-haiku-5-5", "-m", "gemini-3-flash")
    beside = run("--dry-run", "--as", "body", *models, "hi", home=tmp_path, COLUMNS="130")
    assert beside.code == 0 and all(word in beside.text for word in ("messages", "max_tokens", "contents"))
    assert run("--dry-run", *models, "hi", home=tmp_path).code == 2
    refused = run(*models, "hi", home=tmp_path)
    assert refused.code == 2 and "several models" in refused.err
