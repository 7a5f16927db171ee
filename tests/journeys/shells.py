"""The real shells, each on a terminal of its own with `chat` on its PATH and the completion installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.forked import ROOT
from tests.journeys import ready
from tests.journeys.chat import environment

SHELLS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("bash", "zsh", "fish")
]
_START = {"bash": ["--noprofile", "-i"], "zsh": ["-d", "-i"], "fish": ["-i", "--features=no-query-term"]}
_PROMPT = "ready% "
_READY = {
    "bash": f"PS1='{_PROMPT}'; bind 'set enable-bracketed-paste off'",
    "zsh": f"PS1='{_PROMPT[:-2]}%% '; unsetopt zle_bracketed_paste prompt_sp; unset zle_bracketed_paste",
    "fish": f"function fish_prompt; printf '{_PROMPT.replace('%', '%%')}'; end",
}


COMPLETES = """chatbot.cli.completion.command chatbot.cli.chat.command chatbot.cli.command_line.parsing
    chatbot.cli.logs.command chatbot.cli.model_lists chatbot.cli.settings.loading chatbot.cli.templates
    chatbot.lab.answers chatbot.outside.history.store""".split()


class Shell:
    """A shell in `home`, where it may write what it likes. What `chat` needs at each Tab key is loaded but once."""

    def __init__(self, name: str, home: Path, **variables: str) -> None:
        self.name, self.home = name, home
        self._env = shell_environment(home, **variables)
        script = str(ROOT / "chatbot/__main__.py")
        self._env["PATH"] = ready.first_on_path("chat", sys.executable, script, *COMPLETES) + self._env["PATH"]
        done = subprocess.run(["chat", "completion", name, "--install"], env=self._env, cwd=home, capture_output=True)
        assert done.returncode == 0, done.stderr
        # Else fish makes completions of all manual pages, for seconds and long after its end.
        (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        program = str(shutil.which(name))
        self._shell = pexpect.spawn(
            program, _START[name], env=self._env, cwd=home, dimensions=(40, 160), encoding="utf-8", timeout=20
        )
        self._shell.delaybeforesend = None
        self._do(_READY[name] + "; echo be''gun")
        self._shell.expect("begun\r\n")
        self._shell.expect(_PROMPT)

    def _do(self, line: str) -> None:
        self._shell.send(line + "\r")

    def completed(self, line: str) -> list[str]:
        """The words that the shell makes of a line after the Tab key."""
        self._shell.send(line + "\t")
        self._shell.send("\x01printf '<%s>' \x05; echo en''d\r")
        self._shell.expect(r"(?s)((?:<[^>]*>)*)end\r\n")
        found = re.findall("<([^>]*)>", str(self._shell.after))
        self._shell.expect(_PROMPT)
        return found

    def lists(self, line: str, *texts: str) -> None:
        """Waits until it shows all of these at the Tab key. bash lists at the second one, and at the third where the
        first has added what all have in common.
        """
        self._shell.send(line + ("\t\t\t" if self.name == "bash" else "\t"))
        missing = list(texts)
        while missing:
            del missing[self._shell.expect_exact(missing)]
        self._shell.send("\x15echo en''d\r")
        self._shell.expect("end\r\n")
        self._shell.expect(_PROMPT)

    def close(self) -> None:
        self._shell.close(force=True)


def shell_environment(home: Path, **variables: str) -> dict[str, str]:
    """That of a person with nothing set up, and `chat` first on PATH."""
    folder = home / "bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "chat").exists():
        (folder / "chat").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chatbot "$@"\n')
        (folder / "chat").chmod(0o755)
    env = environment(home, TERM="xterm", **variables)
    return env | {"PATH": f"{folder}:/usr/bin:/bin"}
