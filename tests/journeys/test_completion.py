"""The Tab key in the real shells, and what it may never do: ask the network, write, say anything, or take long."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot.core.models.listed import ListedModel
from chatbot.outside.files.model_lists import KeptList, keep
from chatbot.outside.history.store import History
from tests.histories import COMPLETE
from tests.journeys.chat import Result, environment, run, run_code
from tests.journeys.shells import SHELLS, Shell, shell_environment
from tests.journeys.test_set_up import NOBODY
from tests.tables import cases, each

QUESTION = "why is the sky blue?"
TEMPLATES = ("review", "it's $1 (a test)", 'q"uote', "co:lon:x")
Typed = Callable[[str], list[str]]


def ask(home: Path, question: str = QUESTION) -> str:
    """Keeps a question with its answer; its id."""
    history = History(home / ".local/share/chat", now=time.time, clock=time.monotonic, warn=pytest.fail)
    writer = history.begin(None, question, provider="lab", model="echo")
    writer.add("Because.")
    writer.finish(COMPLETE)
    [summary] = history.conversations(1)
    history.close()
    return summary.id


def furnish(home: Path) -> None:
    """Templates and files whose names want quoting."""
    folder = home / ".config/chat/templates"
    folder.mkdir(parents=True)
    for name in TEMPLATES:
        (folder / f"{name}.toml").write_text('system = "x"\n')
    (home / "notes.md").write_text("x")
    (home / "a b's $x.txt").write_text("x")
    (home / "sub").mkdir()


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    home = tmp_path_factory.mktemp(request.param)
    furnish(home)
    opened = Shell(request.param, home)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("line", "words"),
    cases("""
        chat --provider=openr | chat, --provider=openrouter
        chat -m openai/g | chat, -m, openai/gpt-6-luna
        chat -m oll | chat, -m, ollama/
        chat -t it | chat, -t, it's $1 (a test)
        chat -t "it | chat, -t, it's $1 (a test)
        chat -t 'it | chat, -t, it's $1 (a test)
        chat -t q | chat, -t, q"uote
        chat -t co | chat, -t, co:lon:x
        chat -t co:l | chat, -t, co:lon:x
        chat -t co:lon: | chat, -t, co:lon:x
        chat -t "co:l | chat, -t, co:lon:x
        chat -f no | chat, -f, notes.md
        chat -f a | chat, -f, a b's $x.txt
        chat --file=no | chat, --file=notes.md
        chat -s @no | chat, -s, @notes.md
        chat --out su | chat, --out, sub
        FOO=1 chat ä -m lab/ech | FOO=1, chat, ä, -m, lab/echo
        chat a question notes | chat, a, question, notes
    """),
)
def test_a_real_shell_completes(shell: Shell, line: str, words: str) -> None:
    completed = [word.removesuffix("/") if "--out" in line else word for word in shell.completed(line)]
    assert completed == words.split(", ")


# Words without a sign that a shell knows.
PLAIN = cases("""
    chat lo | chat, logs
    chat logs sho | chat, logs, show
    chat --prov | chat, --provider
    chat --provider openr | chat, --provider, openrouter
    chat -m lab/ech | chat, -m, lab/echo
    chat --color ne | chat, --color, never
    chat logs export --format j | chat, logs, export, --format, json
    chat help lo | chat, help, logs
    chat -t rev | chat, -t, review
""")


def test_a_real_shell_completes_plain_words(shell: Shell) -> None:
    assert [shell.completed(line) for line, _ in PLAIN] == [words.split(", ") for _, words in PLAIN]


def test_a_conversation_is_offered_with_its_question(shell: Shell) -> None:
    first = second = ask(shell.home)
    while second[0] == first[0]:  # a shell completes what all begin with before it lists them
        second = ask(shell.home, "and the grass?")
    assert shell.completed(f"chat logs show {first[:5]}") == ["chat", "logs", "show", first]
    assert shell.completed(f"chat -r {second[:5]}") == ["chat", "-r", second]
    shell.lists("chat -r ", QUESTION)
    shell.lists("chat -r ", "and the grass?")


@pytest.mark.parametrize("shell", SHELLS[1:], indirect=True)
def test_options_are_listed_with_their_sentences(shell: Shell) -> None:
    shell.lists("chat --re", "Go on with this one")


def test_a_program_on_path_is_completed_and_behind_it_files(shell: Shell) -> None:
    program = shell.home / "bin/chat-weather"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert shell.completed("chat weat") == ["chat", "weather"]
    assert shell.completed("chat weather no") == ["chat", "weather", "notes.md"]


# ----------------------------------------------------------------------------------------------- what it may never do

LINES = (
    [""],
    ["-"],
    ["", "-m"],
    ["", "-t"],
    ["", "-r"],
    ["", "--provider"],
    ["", "-f"],
    ["", "logs", "show"],
    ["", "http", "show"],
    ["", "cache", "show"],
    ["", "help", "logs"],
    ["sho", "logs"],
    ["x", "nonsense", "-q"],
)

# Whatever a Tab does to the world besides reading is an end of the process.
WATCHED = """
import json, os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def hook(event, args):
    if event.startswith(("socket.", "subprocess.", "os.mkdir", "os.remove", "os.rename", "os.fork", "os.posix_spawn",
                         "os.chmod", "os.truncate", "shutil.")):
        os.write(2, f"{event} {args}".encode()); os._exit(9)
    if event == "open" and (args[2] or 0) & WRITES:
        os.write(2, f"{event} {args}".encode()); os._exit(9)
sys.dont_write_bytecode = True
sys.addaudithook(hook)
from chatbot.cli.main import main
for words in json.loads(sys.argv[1]):
    for shell in ("zsh", "fish", "powershell"):
        assert main(["completion", "--at", shell, *words]) == 0
    line = "chat " + "".join(word + " " for word in words[1:]) + words[0]
    assert main(["completion", "--at", "bash", words[0], line, "9"]) == 0
"""


def tab(home: Path, **how: Any) -> Result:
    return run_code(WATCHED, json.dumps(LINES), home=home, check=False, **how)


def tree(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def test_no_tab_asks_the_network_or_writes_anything(tmp_path: Path) -> None:
    conversation = ask(tmp_path)
    furnish(tmp_path)
    before = tree(tmp_path)
    done = tab(tmp_path, OPENAI_API_KEY="sk-0123456789abcdef", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert (done.code, done.err) == (0, "")
    assert f"{conversation}\t{QUESTION}" in done.text
    assert tree(tmp_path) == before


def test_models_are_offered_from_the_lists_that_are_kept_and_by_their_aliases(tmp_path: Path) -> None:
    (tmp_path / ".config/chat").mkdir(parents=True)
    (tmp_path / ".config/chat/config.toml").write_text('[aliases]\nfast = "groq/llama-3.3-70b"\n')
    keep(tmp_path / ".cache/chat/models", "ollama-0123456789ab", KeptList(0.0, (ListedModel("qwen3:8b"),)))
    rows = run("completion", "--at", "zsh", "", "-m", home=tmp_path).text.splitlines()
    assert "fast\tthe alias of groq/llama-3.3-70b" in rows
    assert "ollama/qwen3:8b\t" in rows
    told = run("completion", "--at", "bash", "8", "chat -m ollama/qwen3:8", "9", home=tmp_path)
    assert told.text == "words\n8b\n"


def test_a_conversation_of_a_session_that_goes_on_is_offered_too(tmp_path: Path) -> None:
    history = History(tmp_path / ".local/share/chat", now=time.time, clock=time.monotonic, warn=pytest.fail)
    history.begin(None, QUESTION).finish(COMPLETE)
    assert (tmp_path / ".local/share/chat/history.db-wal").exists()
    assert QUESTION in run("completion", "--at", "zsh", "", "-r", home=tmp_path).text
    history.close()


def break_everything(home: Path, how: str) -> None:
    config, data = home / ".config/chat", home / ".local/share/chat"
    (config / "templates").mkdir(parents=True)
    data.mkdir(parents=True)
    (config / "config.toml").write_text("= [ this is no TOML")
    (home / ".env").write_text("OPENAI_BASE_URL: x\n")
    if how == "garbage":
        (data / "history.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        (config / "templates/broken.toml").write_bytes(b"\xff\xfe = [")
    elif how == "folders":
        (data / "history.db").mkdir()
        (config / "templates").rmdir()
        (config / "templates").write_text("a file")
    else:
        (data / "history.db").write_bytes(b"")


@each("how", ["garbage", "folders", "empty"])
def test_what_is_broken_offers_nothing_and_says_nothing(how: str, tmp_path: Path) -> None:
    break_everything(tmp_path, how)
    before = tree(tmp_path)
    done = tab(tmp_path, loaded=True)
    assert (done.code, done.err) == (0, "")
    assert "logs\t" in done.text
    assert tree(tmp_path) == before


def test_without_a_home_a_tab_offers_what_needs_none(tmp_path: Path) -> None:
    done = run_code(NOBODY, "completion", "--at", "zsh", "", "-m", home=tmp_path, loaded=True, HOME="")
    assert (done.code, done.err) == (0, "")
    assert "lab/echo\t" in done.text
    assert run_code(NOBODY, "completion", "--at", "zsh", "", "-r", home=tmp_path, loaded=True, HOME="") == Result(
        b"", "", 0
    )


@each("words", [[], ["bash"], ["bash", "x"], ["ksh"], ["zsh"]])
def test_a_script_that_asks_wrongly_is_told_nothing(words: list[str], tmp_path: Path) -> None:
    assert run("completion", "--at", *words, home=tmp_path) == Result(b"", "", 0)


def test_a_title_of_control_characters_does_nothing_to_the_terminal(tmp_path: Path) -> None:
    ask(tmp_path, "a\x1b]0;owned\x07 and\nmore")
    for shell in ("zsh", "fish"):
        [row] = run("completion", "--at", shell, "", "-r", home=tmp_path).text.splitlines()[1:]
        assert "\x1b" not in row and "\x07" not in row


def cpu_of_children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_tab_costs_little_more_than_python_itself(tmp_path: Path) -> None:
    """Twelve times at most: at 12 ms for a bare Python that is within the 150 ms a person does not notice."""
    ask(tmp_path)
    env = environment(tmp_path)
    tabs = [[""], ["", "-m"], ["--", "logs", "show"], ["", "-r"]]
    commands = {" ".join(words): ["-m", "chatbot", "completion", "--at", "zsh", *words] for words in tabs}
    commands["bare"] = ["-c", "pass"]
    took_s: dict[str, list[float]] = {name: [] for name in commands}
    for tries in range(1, 8):
        for name, words in commands.items():
            before_s = cpu_of_children_s()
            subprocess.run([sys.executable, *words], env=env, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
            took_s[name].append(cpu_of_children_s() - before_s)
        least = {name: min(times) for name, times in took_s.items()}
        is_little = max(least.values()) < 12 * max(least["bare"], 0.01)
        if is_little and tries >= 3:  # more are for a machine that is busy
            break
    assert is_little, least


def test_a_tab_loads_nothing_slow(tmp_path: Path) -> None:
    code = """
import json, sys
from chatbot.cli.main import main
for words in json.loads(sys.argv[1]):
    main(["completion", "--at", "zsh", *words])
    print(*sys.modules, file=sys.stderr)
"""
    slow = {"typer", "typer.core", "requests", "urllib3", "rich", "prompt_toolkit", "ssl", "asyncio"}
    tabs = ([""], ["", "-m"], ["-"], ["", "-r"], ["--", "logs", "show"], ["", "-t"])
    loaded = run_code(code, json.dumps(tabs), home=tmp_path).err.splitlines()
    for words, modules in zip(tabs, loaded, strict=True):
        assert not slow & set(modules.split()), words


# -------------------------------------------------------------------------------------------------------- installing


@each("name", ["bash", "zsh", "fish"])
def test_installing_says_what_was_changed_and_changes_it_once(name: str, tmp_path: Path) -> None:
    start = tmp_path / f".{name}rc"
    start.write_text("alias l=ls")  # without a line end
    first = run("completion", name, "--install", home=tmp_path)
    files = tree(tmp_path)
    second = run("--install-completion", name, home=tmp_path)
    assert (first.code, first.out, second.code, second.out) == (0, b"", 0, b"")
    assert f"the completion for {name} is installed" in first.err
    assert f"the completion for {name} was installed already" in second.err
    assert tree(tmp_path) == files
    if name == "fish":
        assert "~/.config/fish/completions/chat.fish: the script" in first.err
        assert start.read_text() == "alias l=ls"
    else:
        [kept, added] = start.read_text().splitlines()
        assert kept == "alias l=ls"
        assert f".local/share/chat/completion.{name}" in added
        assert f"~/{start.name}: a line at its end that reads it" in first.err


def test_a_start_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/bashrc").write_text("")
    (tmp_path / ".bashrc").symlink_to("dotfiles/bashrc")
    assert run("completion", "bash", "--install", home=tmp_path).code == 0
    assert (tmp_path / ".bashrc").is_symlink()
    assert "completion.bash" in (tmp_path / "dotfiles/bashrc").read_text()


def test_a_start_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".zshrc").mkdir()
    done = run("completion", "zsh", "--install", home=tmp_path)
    assert done.code == 78
    assert ".zshrc: is a directory" in done.err and "chat completion zsh" in done.err


def test_a_shell_that_is_not_known_is_told_with_those_that_are(tmp_path: Path) -> None:
    for words in (["completion", "ksh"], ["--show-completion", "ksh"]):
        done = run(*words, home=tmp_path)
        assert (done.code, done.out) == (2, b"")
        assert "there is no completion for ksh" in done.err and "bash, zsh, fish, powershell" in done.err


@pytest.mark.parametrize("name", SHELLS)
def test_the_script_is_that_of_the_shell_that_asks(name: str, tmp_path: Path) -> None:
    env = shell_environment(tmp_path)
    shown = subprocess.run([name, "-c", "chat --show-completion; true"], env=env, capture_output=True, check=True)
    assert shown.stdout.decode() == run("completion", name, home=tmp_path).text
    assert f"Completion of chat for {name}." in shown.stdout.decode()


@pytest.mark.parametrize("name", SHELLS)
def test_the_shell_reads_its_script_without_a_word(name: str, tmp_path: Path) -> None:
    script = run("completion", name, home=tmp_path).out
    done = subprocess.run([name, "-n"], input=script, env=environment(tmp_path), capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_the_script_for_powershell_is_one(tmp_path: Path) -> None:
    script = run("completion", "powershell", home=tmp_path).text
    for opening, closing in ("{}", "()", "[]"):
        assert script.count(opening) == script.count(closing)
    assert "Register-ArgumentCompleter -Native -CommandName chat" in script
    program = shutil.which("pwsh")
    if program is None:
        pytest.skip("pwsh is not installed; what it is told is checked all the same")
    checked = f"{script}\n(TabExpansion2 'chat --provid' 13).CompletionMatches.CompletionText"
    asked = [program, "-NoProfile", "-Command", checked]
    done = subprocess.run(asked, env=shell_environment(tmp_path), capture_output=True, check=True)
    assert done.stdout.decode().split() == ["--provider"]


def test_powershell_is_told_values_as_it_wants_them_quoted(tmp_path: Path) -> None:
    furnish(tmp_path)
    told = run("completion", "--at", "powershell", '""', "-t", home=tmp_path).text.splitlines()
    assert told[0] == "words"
    assert "'it''s $1 (a test)'\tit's $1 (a test)\t" in told
    assert "review\treview\t" in told
    assert run("completion", "--at", "powershell", "'it", "-t", home=tmp_path).text.count("\n") == 2
