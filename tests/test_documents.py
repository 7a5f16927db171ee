"""README, --help, .env.example and the manual tell the truth."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chatbot.cli.main import FAULT
from chatbot.core import errors
from chatbot.lab import guide
from chatbot.lab.scenarios import NAMES
from chatbot.lab.server import LabServer
from chatbot.providers.registry import SERVICES
from chatbot.terminal.failures import EXIT_CODES
from tests.journeys.chat import KEYS, ROOT, run

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.partition(" # ")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line
]


LOGS = [command for command in COMMANDS if command.startswith(("chat logs", "chat templates"))]


@pytest.mark.parametrize("command", LOGS)
def test_each_command_about_what_is_kept_works(tmp_path: Path, command: str) -> None:
    run("-m", "lab/echo", "about a penguin", home=tmp_path)
    assert run(*shlex.split(command)[1:], home=tmp_path).code == 0


def flags_of_help(home: Path) -> set[str]:
    return set(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", run("--help", home=home).text))


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


ONE_SHOT = [command for command in COMMANDS if re.search(r"(^|\| )chat .*\"", command) and "lab" not in command]


@pytest.mark.parametrize("command", ONE_SHOT)
def test_each_command_of_the_readme_is_answered(tmp_path: Path, command: str) -> None:
    from PIL import Image

    Image.new("RGB", (4, 4)).save(tmp_path / "cat.jpg")
    (tmp_path / "notes.md").write_text("notes")
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
        result = run(*shlex.split(asked)[1:], home=tmp_path, stdin=b"piped" if piped else None, **{**KEYS, **urls})
    assert result.code == 0
    assert "An answer." in result.text


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.startswith("chat") and "lab/" in command]
)
def test_each_command_with_a_scenario_names_one_that_exists(command: str) -> None:
    model = re.search(r"lab/([\w-]+)", command)
    assert model and model[1] in NAMES


def test_every_flag_that_readme_and_manual_name_exists(tmp_path: Path) -> None:
    known = flags_of_help(tmp_path) | {"--port", "--format", "--yes", "--"}
    ours = re.sub(r"```sh\n.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"`(--?[a-zA-Z][\w-]*)", ours + guide.manual()))
    assert named <= known


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


def test_the_picture_is_there_and_has_the_commands_in_it() -> None:
    picture = (ROOT / "docs/terminal.svg").read_text().replace("&#160;", " ")
    assert "chat -m lab/guide" in picture


def test_the_change_log_knows_this_version() -> None:
    from chatbot import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_lower_bounds_leave_known_holes_out() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for bound in ("requests>=2.32.4", "urllib3>=2.6", "Pillow>=12.3", "typer>=0.26,<0.29"):
        assert f'"{bound}' in project, bound
