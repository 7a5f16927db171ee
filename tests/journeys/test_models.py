"""`chat models`: what services have, asked for once in an hour, and the names that are kept in the settings."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, KEYS, Result, run
from tests.journeys.test_on_a_terminal import Person
from tests.tables import each

FOLDER = Path(".cache/chat/models")
OPENROUTER = (Path(__file__).parents[1] / "providers/recorded_lists/openrouter.json").read_bytes()


def lists(server: LabServer, *names: str, **fields: Any) -> None:
    """The server's next list of models."""
    server.will_answer(method="GET", body=json.dumps({"data": [{"id": name, **fields} for name in names]}).encode())


def models(server: LabServer, home: Path, *words: str) -> Result:
    return run("models", *words, home=home, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=f"{server.url}/v1")


def names(result: Result) -> list[str]:
    """The first column, as `cut -f1` gives it."""
    return [line.split("\t")[0] for line in result.text.splitlines()]


def grow_old(home: Path, hours: float) -> None:
    for file in (home / FOLDER).iterdir():
        file.write_text(json.dumps({**json.loads(file.read_text()), "asked_s": time.time() - hours * 3600}))


def test_a_list_is_asked_for_once_in_an_hour_and_again_when_it_is_wanted(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-b", "gpt-a", context_length=1000)
    first = models(server, tmp_path)
    assert first == Result(b"openai/gpt-a\t1000\t\t\t\t\t\t\t\t\nopenai/gpt-b\t1000\t\t\t\t\t\t\t\t\n", "", 0)
    assert models(server, tmp_path) == models(server, tmp_path, "openai") == first
    assert len(server.requests) == 1
    lists(server, "gpt-c")
    assert names(models(server, tmp_path, "--refresh")) == ["openai/gpt-c"]
    grow_old(tmp_path, 1.1)
    lists(server, "gpt-d")
    assert names(models(server, tmp_path)) == ["openai/gpt-d"]
    assert [request.path for request in server.requests] == ["/v1/models"] * 3
    [file] = (tmp_path / FOLDER).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KEY not in file.read_text() + file.name


def test_another_key_asks_for_its_own_list(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-a")
    models(server, tmp_path)
    lists(server, "gpt-b")
    other = run("models", home=tmp_path, OPENAI_API_KEY=KEY[::-1], OPENAI_BASE_URL=f"{server.url}/v1")
    assert names(other) == ["openai/gpt-b"]
    assert names(models(server, tmp_path)) == ["openai/gpt-a"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="the cache is elsewhere")
def test_a_server_that_fails_leaves_the_older_list_and_says_how_old_it_is(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-a")
    models(server, tmp_path)
    grow_old(tmp_path, 3)
    server.will_answer(method="GET", status=500)
    result = models(server, tmp_path)
    assert (names(result), result.code) == (["openai/gpt-a"], 0)
    assert result.err.count("chat:") == 1
    assert "this is the list of " in result.err and "from 3 h ago" in result.err
    [file] = (tmp_path / FOLDER).iterdir()
    file.write_text("{")
    server.will_answer(method="GET", status=401)
    refused = models(server, tmp_path)
    assert (refused.out, refused.code) == (b"", 77)


def test_all_services_that_are_set_up_are_asked_and_one_that_fails_is_one_notice(
    server: LabServer, tmp_path: Path
) -> None:
    variables: dict[str, Any] = {**KEYS, "ANTHROPIC_BASE_URL": server.url, "GEMINI_BASE_URL": f"{server.url}/v1beta"}
    variables |= {"OPENAI_BASE_URL": f"{server.url}/v1", "GROQ_API_KEY": KEY, "GROQ_BASE_URL": "http://127.0.0.1:9/v1"}
    result = run("models", "-q", "echo", home=tmp_path, **variables)
    assert names(result) == [
        f"{name}/{model}" for name in ("openai", "anthropic", "gemini") for model in ("echo", "key-echo")
    ]
    assert result.code == 0
    assert result.err.count("chat:") == 1 and "groq is left out: nothing answers at" in result.err
    for word, name in (("anthropic", "anthropic/echo"), ("google", "gemini/echo")):
        assert names(run("models", word, "-q", "ECHO", home=tmp_path, **variables))[0] == name


def test_what_is_listed_can_be_asked(server: LabServer, tmp_path: Path) -> None:
    lists(server, "vendor/echo")
    variables: dict[str, Any] = {"GROQ_API_KEY": KEY, "GROQ_BASE_URL": f"{server.url}/v1"}
    [name] = names(run("models", home=tmp_path, **variables))
    assert name == "groq/vendor/echo"
    assert run("-m", name, "hi", home=tmp_path, **variables).text == "hi\n"
    assert server.requests[-1].json["model"] == "vendor/echo"
    lists(server, "echo")
    words = ("--base-url", f"{server.url}/v1")
    [bare] = names(run("models", *words, home=tmp_path))
    assert run(*words, "-m", bare, "hi", home=tmp_path).text == "hi\n"


def test_json_is_one_object_with_everything(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(method="GET", body=OPENROUTER)
    variables: dict[str, Any] = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": f"{server.url}/v1"}
    result = run("models", "--json", "-q", "gpt-5", home=tmp_path, **variables)
    document = json.loads(result.text)
    assert document["models"] == [
        {
            "name": "openrouter/openai/gpt-5-nano",
            "context_window": 400000,
            "max_output_tokens": 128000,
            "images": True,
            "tools": True,
            "schema": True,
            "reasoning": True,
            "input_usd": 0.05,
            "output_usd": 0.4,
            "price_date": "",
        }
    ]
    [asked] = document["lists"]
    assert (asked["provider"], asked["address"], asked["error"]) == ("openrouter", f"{server.url}/v1", None)
    assert document["prices"]["source"].startswith("genai-prices")
    assert KEY not in result.text


def test_models_without_anything_set_up_says_how_to_begin(tmp_path: Path) -> None:
    result = run("models", home=tmp_path)
    assert (result.out, result.code) == (b"", 78)
    assert "there are three ways to begin" in result.err
    assert run("models", "antropic", home=tmp_path).code == 2
    assert run("models", "groq", home=tmp_path).code == 78
    assert not (tmp_path / FOLDER).exists()


def test_the_lab_lists_its_scenarios_and_keeps_no_list_of_them(tmp_path: Path) -> None:
    for name in ("lab", "lab-anthropic", "lab-gemini"):
        result = run("models", name, home=tmp_path)
        assert f"{name}/echo" in names(result)
    assert not (tmp_path / FOLDER).exists()
    none = run("models", "lab", "-q", "no such", home=tmp_path)
    assert none == Result(b"", "chat: no model has 'no such' in its name\n", 0)


@each("body", [b"[]", b"null", b'{"data": [null, {"id": 3}]}', b'{"models": {}}'])
def test_a_server_with_nothing_says_so(server: LabServer, tmp_path: Path, body: bytes) -> None:
    server.will_answer(method="GET", body=body)
    assert models(server, tmp_path) == Result(b"", "chat: there are no models\n", 0)


def test_azure_lists_models_without_a_deployment_being_named(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-4o")
    variables: dict[str, Any] = {"AZURE_OPENAI_API_KEY": KEY, "AZURE_OPENAI_ENDPOINT": server.url}
    result = run("models", "azure", home=tmp_path, **variables)
    assert names(result) == ["azure/gpt-4o"]
    assert "deployment" in result.err
    assert server.requests[-1].path == "/openai/v1/models"


@each("columns", [100, 40, 25])
def test_on_a_terminal_columns_fit_and_names_are_whole(server: LabServer, tmp_path: Path, columns: int) -> None:
    server.will_answer(method="GET", body=OPENROUTER)
    variables: dict[str, Any] = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": f"{server.url}/v1"}
    person = Person(["models", "openrouter", "-q", "gpt"], tmp_path, columns, 30, **variables)
    assert person.leave() == 0
    seen = "\n".join(person.rows)
    if columns == 100:
        assert person.rows[0].split() == "model context output image tools schema reasoning $ in $ out".split()
        assert person.rows[4].split() == "openrouter/openai/gpt-5-nano 400k 128k yes yes yes yes 0.05 0.4".split()
    for name in ("openrouter/openai/gpt-4o", "openrouter/openai/gpt-3.5-turbo"):
        assert name in seen.replace("\n", "") if columns == 25 else name in seen


def test_the_session_shares_the_list_and_tab_asks_nobody(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-first", "gpt-second", context_length=5000)
    variables: dict[str, Any] = {"OPENAI_BASE_URL": f"{server.url}/v1"}
    models(server, tmp_path)
    person = Person(["-m", "openai/echo"], tmp_path, **variables)
    person.wait_for_prompt()
    person.child.send("/models second\r")
    person.wait_for_text("gpt-second")
    person.wait_for_text("5.0k")
    person.wait_for_prompt(2)
    person.child.send("/model gpt-f\t")
    person.wait_for_text("/model gpt-first")
    person.child.send("\r")
    person.wait_for_text("the model is now openai/gpt-first")
    person.leaves(3)
    assert len(server.requests) == 1


def test_tab_offers_an_old_list_and_asks_only_where_there_is_none(server: LabServer, tmp_path: Path) -> None:
    variables: dict[str, Any] = {"OPENAI_BASE_URL": f"{server.url}/v1"}
    lists(server, "gpt-first")
    for number in (1, 2):
        person = Person(["-m", "openai/echo"], tmp_path, **variables)
        person.wait_for_prompt()
        person.child.send("/model gpt\t")
        person.wait_for_text("/model gpt-first")
        person.child.send("\x15exit\r")
        assert person.leave() == 0
        assert len(server.requests) == 1
        grow_old(tmp_path, 100 * number)


def test_a_default_model_and_aliases_stand_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / ".config/chat/config.toml"
    assert "name no default model" in run("models", "default", home=tmp_path).err
    file.parent.mkdir(parents=True)
    file.write_text("# mine\ntemperature = 0.2  # cool\n")
    assert "openai/gpt-4o" in run("models", "default", "openai/gpt-4o", home=tmp_path).err
    assert run("models", "default", home=tmp_path).text == "openai/gpt-4o\n"
    run("models", "alias", "fast", "groq/llama", home=tmp_path)
    run("models", "alias", "quick", "fast", home=tmp_path)
    assert run("models", "alias", home=tmp_path).text == "fast\tgroq/llama\nquick\tfast\n"
    assert run("models", "alias", "fast", home=tmp_path).text == "groq/llama\n"
    assert "did you mean fast?" in run("models", "alias", "fsat", home=tmp_path).err
    assert run("models", "alias", "quick", "--unset", home=tmp_path).code == 0
    assert run("models", "alias", "quick", "--unset", home=tmp_path).code == 2
    text = file.read_text()
    assert text.startswith("# mine\ntemperature = 0.2  # cool\n")
    assert 'model = "openai/gpt-4o"' in text and 'fast = "groq/llama"' in text
    assert run("models", "default", "--unset", home=tmp_path).code == 0
    assert "model =" not in file.read_text()


def test_aliases_in_a_circle_and_a_broken_file_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".config/chat/config.toml"
    run("models", "alias", "a", "b", home=tmp_path)
    before = file.read_text()
    assert run("models", "alias", "b", "a", home=tmp_path).code == 78
    assert file.read_text() == before
    file.write_text("model = \n")
    refused = run("models", "alias", "c", "d", home=tmp_path)
    assert (refused.code, file.read_text()) == (78, "model = \n")
    assert "config.toml:1" in refused.err


def test_a_name_that_the_kept_list_does_not_have_is_taken_with_a_notice(server: LabServer, tmp_path: Path) -> None:
    lists(server, "gpt-4o-mini")
    models(server, tmp_path)
    result = run("models", "default", "openai/gpt-4o-mni", home=tmp_path)
    assert "has no gpt-4o-mni; the nearest: openai/gpt-4o-mini" in result.err
    assert run("models", "default", home=tmp_path).text == "openai/gpt-4o-mni\n"
