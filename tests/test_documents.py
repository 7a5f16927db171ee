"""README, --help, .env.example and the manual tell the truth."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from chatbot.cli import commands
from chatbot.cli.command_line.declared import HELP_FLAGS, Command
from chatbot.cli.main import FAULT
from chatbot.core import errors
from chatbot.lab import guide
from chatbot.lab.grade.cases import CASES
from chatbot.lab.scenarios import NAMES
from chatbot.lab.server.http import LabServer
from chatbot.providers.services import SERVICES
from chatbot.terminal.failures import EXIT_CODES
from tests.forked import ROOT, start_on_terminal
from tests.journeys.chat import KEY, KEYS, run, run_with_mcp
from tests.outside.mcp.served import RAW
from tests.pdfs import pdf
from tests.tables import cases, each

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.partition(" # ")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line
]


TABLES = dict(re.findall(r"```toml\n# ~/.config/chat/(\w+\.toml)\n(.*?)```", README, re.DOTALL))
SET_UP = [
    command.partition(" > ")[0]
    for command in COMMANDS
    if re.match(r"chat (keys|models|config|doctor|probe|limits|ledger|cache|lab list|--install-completion)\b", command)
]
BATCH = [command for command in COMMANDS if command.startswith("chat batch")]
SERVED = [command for command in COMMANDS if re.match(r"chat (serve|lab (serve|proxy))\b", command)]
RECEIPT = [command for command in COMMANDS if "receipt" in command]
LEARN = [command for command in COMMANDS if command.startswith("chat learn")]
SERVERS = [command for command in COMMANDS if command.startswith(("chat mcp", "chat --mcp"))]
LOGS = [command for command in COMMANDS if command.startswith(("chat logs", "chat templates", "chat http"))]


@each("command", LOGS)
def test_each_command_about_what_is_kept_works(tmp_path: Path, command: str) -> None:
    run("-m", "lab/echo", "about a penguin", home=tmp_path)
    assert run(*shlex.split(command)[1:], home=tmp_path).code == 0


@pytest.fixture
def server() -> Iterator[LabServer]:
    with LabServer() as server:
        yield server


def test_the_commands_of_a_batch_work_one_after_the_other(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("city\nRome\nOslo\n")
    for command in BATCH:
        result = run(
            *shlex.split(command)[1:],
            home=tmp_path,
            **{**KEYS, "OPENAI_BASE_URL": f"{server.url}/v1", "CHAT_MODEL": "openai/echo"},
        )
        assert result.code == 0, result.err
    for name in ("answers.jsonl", "night.jsonl"):
        lines = map(json.loads, (tmp_path / name).read_text().splitlines())
        assert sorted(line["text"] for line in lines) == ["Where is Oslo?", "Where is Rome?"]


def write_table(name: str, text: str, home: Path) -> None:
    folder = home / ".config/chat"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o600)


@each("command", SET_UP)
def test_each_command_that_sets_something_up_or_looks_at_it_works(
    server: LabServer, tmp_path: Path, command: str
) -> None:
    url = f"{server.url}/v1"
    service = "OPENROUTER" if "openrouter" in command else "OPENAI"
    variables: dict[str, Any] = {"SHELL": "/bin/bash", f"{service}_BASE_URL": url, f"{service}_API_KEY": KEY}
    words = shlex.split(command.replace("http://127.0.0.1:8080/v1", url))[1:]
    if "desk" in words and "--save" not in words:
        write_table("providers.toml", f'[desk]\nbase_url = "{url}"\n', tmp_path)
    if words[0] == "probe" and "--compare" not in words:
        words += ["-m", "echo"]
    for name in ("yesterday.json", "today.json") if "--compare" in words else ():
        report = run("probe", url, "-m", "echo", "--json", home=tmp_path, **variables)
        (tmp_path / name).write_bytes(report.out)
    if "unset" in words:
        assert run("keys", "set", words[-1], "--command", "true", home=tmp_path, **variables).code == 0
    result = run(*words, home=tmp_path, stdin=KEY.encode() if words[:2] == ["keys", "set"] else None, **variables)
    assert result.code == 0, result.err
    assert KEY not in result.text + result.err


@each("command", SERVED)
def test_each_command_that_serves_is_understood(server: LabServer, tmp_path: Path, command: str) -> None:
    port = server.url.rpartition(":")[2]
    result = run(*shlex.split(command)[1:], "--port", port, home=tmp_path, **KEYS)
    assert (result.code, f"port {port} cannot be used" in result.err) == (78, True)


def test_the_commands_of_the_course_work_one_after_the_other(tmp_path: Path) -> None:
    for command in LEARN:
        if " check" in command:
            (tmp_path / "01_models.py").write_bytes(run("learn", "show", "1", home=tmp_path).out)
        result = run(*shlex.split(command)[1:], home=tmp_path)
        assert result.code == 0, result.err
    assert "1 of 13 passed" in run("learn", home=tmp_path).err


def test_the_commands_of_a_receipt_work_one_after_the_other(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "build.log").write_bytes(b"piped")
    ask, check = RECEIPT
    words, answer = shlex.split(ask.partition(" | ")[2]), tmp_path / "answer.txt"
    asked = run(
        *words[1 : words.index(">")],
        home=tmp_path,
        stdin=b"piped",
        **{**KEYS, "OPENAI_BASE_URL": f"{server.url}/v1", "CHAT_MODEL": "openai/echo"},
    )
    assert asked.code == 0, asked.err
    answer.write_bytes(asked.out)
    whole = run(*shlex.split(check)[1:], home=tmp_path)
    answer.write_bytes(asked.out[:-1])
    assert (whole.code, run(*shlex.split(check)[1:], home=tmp_path).code) == (0, 74)


def test_the_relay_of_the_readme_is_written(tmp_path: Path) -> None:
    [command] = [command for command in COMMANDS if command.startswith("chat relay")]
    assert run(*shlex.split(command)[1:], home=tmp_path).code == 0
    assert (tmp_path / shlex.split(command)[3] / "worker.js").exists()


def test_the_command_that_grades_is_that_of_the_picture(tmp_path: Path) -> None:
    [command] = [command for command in COMMANDS if " lab grade " in command]
    [picture] = [picture for picture in RECORD["PICTURES"] if picture.name == "grade"]
    ask = command.partition(" -- ")[2]
    assert " ".join(picture.words).endswith(f" -- {ask}")
    told = re.search(r"through (\d+) cases", README)
    assert told and int(told[1]) == len(CASES)


@pytest.mark.parametrize("command", SERVERS)
def test_each_command_with_an_mcp_server_starts_the_one_of_the_file(
    server: LabServer, tmp_path: Path, command: str
) -> None:
    [text] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    named = json.loads(text)
    named["mcpServers"]["time"] |= {"command": sys.executable, "args": ["-S", "-E", RAW]}
    write_table("mcp.json", json.dumps(named), tmp_path)
    variables: dict[str, Any] = {**KEYS, "OPENAI_BASE_URL": f"{server.url}/v1", "CHAT_MODEL": "openai/echo"}
    result = run_with_mcp(*shlex.split(command)[1:], home=tmp_path, **variables)
    assert result.code == 0, result.err
    assert ("Tokyo" if "Tokyo" in command else "time") in result.text and "broken" not in result.text
    offered = [tool["function"]["name"] for asked in server.requests for tool in asked.json["tools"]]
    assert ("time_echo" in offered) == ("Tokyo" in command)


def test_the_function_of_the_readme_is_called_by_a_model(tmp_path: Path) -> None:
    [command] = [command for command in COMMANDS if "weather.py" in command]
    write_weather(tmp_path)
    result = run("-m", "lab/tools", "--allow", "weather", *shlex.split(command)[1:], home=tmp_path)
    assert result.code == 0, result.err
    assert json.loads(result.text.partition("said: ")[2])["sky"] == "clear"


def write_weather(folder: Path) -> None:
    [text] = re.findall(r"```python\n# weather.py\n(.*?)```", README, re.DOTALL)
    (folder / "weather.py").write_text(text)


def test_every_command_of_the_readme_is_tried() -> None:
    tried = {*SET_UP, *LOGS, *ONE_SHOT, *BATCH, *SERVED, *LEARN, *SERVERS, *RECEIPT}
    others = {
        command for command in COMMANDS if command.startswith("chat ") and command.partition(" > ")[0] not in tried
    }
    assert all(
        "lab/" in command or " lab grade " in command or " relay " in command or "--save-template" in command
        for command in others
    )


def test_the_settings_of_the_readme_are_in_force(tmp_path: Path) -> None:
    write_table("config.toml", TABLES["config.toml"], tmp_path)
    default = run("config", home=tmp_path, **KEYS, GROQ_API_KEY=KEY).text
    assert re.search(r"provider +groq\nmodel +llama-3.3-70b-versatile\n", default)
    one = run("config", "-m", "openai/gpt-4o-mini", home=tmp_path, **KEYS).text
    assert re.search(r"temperature +0.2\n", one) and re.search(r"timeout +60\n", one)


def test_the_provider_of_the_readme_is_asked(tmp_path: Path) -> None:
    write_table("providers.toml", TABLES["providers.toml"], tmp_path)
    asked = run("--dry-run", "--provider", "desk", "--max-tokens", "5", "hello", home=tmp_path).text
    assert "Host: 192.168.1.7:8000" in asked and "Authorization" not in asked
    assert '"model": "qwen3"' in asked and '"max_completion_tokens": 5' in asked


DECLARED = [commands.declared(entry) for entry in (commands.CHAT, *commands.COMMANDS) if entry.module]
DECLARED_COMMANDS = [one for each in DECLARED for one in ([each] if isinstance(each, Command) else each.commands)]
OPTIONS = [option for command in DECLARED_COMMANDS for option in command.options]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    install, tests = "-e '.[test]'", "-m pytest -n auto"
    command = next(command for command in COMMANDS if "pytest" in command)
    script = (ROOT / ".ci/run").read_text()
    assert install in command and install in script
    assert command.endswith(tests) and tests in script


def test_the_first_command_of_the_readme_answers(tmp_path: Path) -> None:
    words = shlex.split(COMMANDS[0].partition("bin/chat ")[2])
    result = run(*words, home=tmp_path)
    assert result.code == 0
    assert "--image" in result.text


ONE_SHOT = [
    command
    for command in COMMANDS
    if re.search(r"(^|\| )chat .*\"", command) and not re.search(r"lab|--mcp|--receipt", command)
]


@each("command", ONE_SHOT)
def test_each_command_of_the_readme_is_answered(tmp_path: Path, command: str) -> None:
    from PIL import Image

    Image.new("RGB", (4, 4)).save(tmp_path / "cat.jpg")
    (tmp_path / "notes.md").write_text("notes")
    (tmp_path / "report.pdf").write_bytes(pdf(["a report"]))
    write_weather(tmp_path)
    saving = next(command for command in COMMANDS if "--save-template" in command)
    assert run(*shlex.split(saving)[1:], home=tmp_path).code == 0
    piped, _, asked = command.rpartition("| ")
    with LabServer() as server:
        server.will_answer(text="An answer.")
        urls = {
            "OPENAI_BASE_URL": server.url + "/v1",
            "ANTHROPIC_BASE_URL": server.url,
            "OLLAMA_HOST": server.url.removeprefix("http://"),
        }
        if " -c " in asked:
            assert run("something before", home=tmp_path, **{**KEYS, **urls}).code == 0
            server.will_answer(text="An answer.")
        if " -T " in asked:  # the lab first calls what it is offered
            server.will_answer(text="An answer.")
        result = run(*shlex.split(asked)[1:], home=tmp_path, stdin=b"piped" if piped else None, **{**KEYS, **urls})
    assert result.code == 0
    answered = "hello" in result.text and not server.requests if "--dry-run" in asked else "An answer." in result.text
    assert answered


@each("command", [command for command in COMMANDS if command.startswith("chat") and "lab/" in command])
def test_each_command_with_a_scenario_names_one_that_exists(command: str) -> None:
    model = re.search(r"lab/([\w-]+)", command)
    assert model and model[1] in NAMES


@each("command", [command for command in COMMANDS if " --schema " in command or " -x " in command])
def test_each_command_for_a_program_has_an_answer_for_one(tmp_path: Path, command: str) -> None:
    result = run(*shlex.split(command)[1:], home=tmp_path)
    assert result.code == 0, result.err
    assert result.text.startswith("def ") if " -x " in command else json.loads(result.text)["name"]


@pytest.mark.parametrize("command", [command for command in COMMANDS if "lab/" in command and " --diff" in command])
def test_each_command_that_compares_shows_what_differs(tmp_path: Path, command: str) -> None:
    run("-m", "lab/echo", "six times seven?", home=tmp_path)
    result = run(*shlex.split(command)[1:], home=tmp_path)
    assert result.code == 0, result.err
    assert result.text == "[-six times seven?-]{+Forty-two.+}\n"


def test_the_most_that_the_readme_lets_an_answer_cost_holds(tmp_path: Path) -> None:
    [command] = [command for command in COMMANDS if "--max-cost" in command]
    dear = shlex.split(command.replace("--price 2.50/10", "--price 250/1000"))[1:]
    with LabServer() as server:
        result = run(*dear, home=tmp_path, **{**KEYS, "OPENAI_BASE_URL": server.url + "/v1"})
    assert (result.code, server.requests) == (2, [])


def test_every_flag_that_readme_and_manual_name_exists() -> None:
    known = {flag for option in OPTIONS for flag in option.flags}
    known |= {flag for command in DECLARED_COMMANDS for flag in command.off_flags.values()}
    known |= {*HELP_FLAGS, "--", "--no-", "--no-NAME", "-vv", "-vvv"}
    ours = re.sub(r"```sh\n.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"`(?:chat )?(--?[a-zA-Z][\w-]*)", ours + guide.manual()))
    assert len(named) > 60
    assert named - known == set()


@pytest.mark.parametrize("text", [README, guide.manual()], ids=["README", "manual"])
def test_the_table_of_exit_codes_is_complete_and_right(text: str) -> None:
    told = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", text, re.MULTILINE) for code in row.split(",")}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    tree = {kind.exit_code for kind in kinds if issubclass(kind, errors.ChatError)}
    assert tree | set(EXIT_CODES.values()) | {FAULT} | {129, 130, 141, 143} == {
        code for code in told if code < 200 or code in (0,)
    }


def test_env_example_names_every_variable_of_every_service() -> None:
    example = (ROOT / ".env.example").read_text()
    for service in SERVICES:
        for name in [key.name for key in service.keys] + [url.name for url in service.urls]:
            assert f"# {name}=" in example, name


def test_env_example_sets_nothing_and_holds_no_key() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines)


def test_the_manual_names_every_service() -> None:
    manual = guide.manual()
    for service in SERVICES:
        if not service.name.startswith(("lab-", "azure-")) and service.name != "custom":
            assert f"`{service.name}`" in manual, service.name


RECORD = runpy.run_path(str(ROOT / "docs/record.py"))
COLOURS = {"red": "#e06c75", "yellow": "#e5c07b", "cyan": "#56b6c2", "blue": "#61afef", "green": "#98c379"}
# What the words under a picture promise, and where it is: a text, and its colour where that matters.
SHOWN = {
    "session": cases(r"""
        a question | >\x20 | cyan
        a table | ───
        another model | the model is now
        a row that tells model, tokens and time | tokens   last answer
    """),
    "trouble": cases("""
        a red error | error: | red
        what to do | use another provider with
        a retry that counts down | trying again in | yellow
    """),
    "http": cases("""
        the heads of request and answer | POST /v1/chat/completions
        a refusal | 429 Too Many Requests | yellow
        why the retry waits so long | retry-after: 1; the server asks for 1 s
        a waterfall of both attempts | attempt 2
    """),
    "grade": cases("""
        a client of eight lines | import os, sys, requests
        what it passes | pass | green
        what it fails | fail | red
        what was seen | it did not ask again
        its score | score 40 of 100
    """),
    "markdown": cases("""
        headings | A heading
        a list | 1. | yellow
        a quotation | A quotation
        a table | Fruit
        coloured code | def | blue
        code | greet | green
    """),
}


class Drawn:
    """The texts of a picture, each with its colour, and its rows."""

    def __init__(self, name: str) -> None:
        svg = ElementTree.parse(ROOT / f"docs/{name}.svg").getroot()
        style = "".join(element.text or "" for element in svg.iter() if element.tag.endswith("style"))
        colours = dict(re.findall(r"\.([\w-]+) { fill: (#\w+)", style))
        self.texts: list[tuple[str, str | None]] = []
        rows: dict[float, str] = {}
        for element in svg.iter():
            if element.tag.endswith("}text") and "clip-path" in element.attrib:
                text = (element.text or "").replace("\xa0", " ")
                self.texts.append((text, colours.get(element.attrib.get("class", ""))))
                y = float(element.attrib["y"])
                rows[y] = rows.get(y, "") + text
        self.rows = [rows[y].rstrip() for y in sorted(rows)]


@each("name", SHOWN)
def test_a_picture_shows_what_is_said_of_it(name: str) -> None:
    [alt] = re.findall(rf"!\[(.*)\]\(docs/{name}\.svg\)", README)
    texts = Drawn(name).texts
    for words, shown, *colour in SHOWN[name]:
        wanted = [COLOURS[each] for each in colour]
        assert words in alt
        assert any(shown in text and (not wanted or found in wanted) for text, found in texts), words


def test_every_picture_of_the_readme_is_drawn_and_every_drawn_one_is_in_it() -> None:
    names = [picture.name for picture in RECORD["PICTURES"]]
    assert sorted(re.findall(r"\]\(docs/(\w+)\.svg\)", README)) == sorted(names) == sorted(SHOWN)
    assert sorted(path.stem for path in (ROOT / "docs").glob("*.svg")) == sorted(names)


@pytest.mark.parametrize("picture", RECORD["PICTURES"], ids=lambda picture: picture.name)
def test_a_picture_is_what_the_program_shows_today(picture: Any) -> None:
    shown = [row.plain.rstrip() for row in RECORD["rich_rows"](RECORD["screen_of"](picture, start_on_terminal))]
    assert _without_times(filter(None, shown)) == _without_times(filter(None, Drawn(picture.name).rows))


def _without_times(rows: Iterable[str]) -> list[str]:
    """Without blanks too, which Rich leaves out where no text is beside them."""
    return [re.sub(r"^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]|[\d.]+ m?s\b.*|(?<=127\.0\.0\.1:)\d+|\s", "", row) for row in rows]


def test_the_change_log_knows_this_version() -> None:
    from chatbot import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_lower_bounds_leave_known_holes_out() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for bound in ("requests>=2.32.4", "urllib3>=2.6", "Pillow>=12.3", "typer>=0.26,<0.29"):
        assert f'"{bound}' in project, bound


def test_readme_and_manual_name_the_value_of_an_option_as_the_help_does() -> None:
    values = {(flag, value) for each in OPTIONS for flag in each.flags for value in each.choice.metavar.split("|")}
    named = set(re.findall(r"`(--?[a-zA-Z][\w-]*) (@?[A-Z]+)`", README + guide.manual()))
    assert len(named) > 5
    assert named - values == set()
