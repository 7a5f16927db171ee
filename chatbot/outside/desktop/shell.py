"""The shell of the person: which one it is, and where it reads what it does at its start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from chatbot.core.errors import ConfigurationError
from chatbot.outside.files.private import private_folder

_POWERSHELL_PATIENCE_S = 20.0


def this_shell(environ: Mapping[str, str]) -> str:
    """The name of the shell that started this program; else of the person's own. Empty where neither can be told."""
    import shellingham

    try:
        name = str(shellingham.detect_shell()[0])
    except (shellingham.ShellDetectionFailure, RuntimeError, OSError):
        name = Path(environ.get("SHELL", "")).name
    return "powershell" if name == "pwsh" else name


def start_file(shell: str, environ: Mapping[str, str], home: Path) -> Path:
    """The file that bash, zsh or PowerShell reads at its start. Raises ConfigurationError."""
    if shell == "bash":
        return home / ".bashrc"
    if shell == "zsh":
        return Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    for program in ("pwsh", "powershell"):
        try:
            asked = [program, "-NoProfile", "-Command", "Write-Output $PROFILE.CurrentUserAllHosts"]
            done = subprocess.run(asked, capture_output=True, text=True, timeout=_POWERSHELL_PATIENCE_S, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        if done.stdout.strip():
            return Path(done.stdout.strip())
    raise ConfigurationError(
        "PowerShell does not say where its profile is",
        advice="Put it there yourself: chat completion powershell >> $PROFILE",
    )


def fish_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Where fish looks for completions of the person's own."""
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "completions"


def replace_file(path: Path, text: str) -> bool:
    """Whether a file had another text, or was not there: it has this one now. A shell that starts meanwhile reads one
    or the other. Raises OSError.
    """
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return False
    private_folder(path.parent)
    growing = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        growing.write_text(text, encoding="utf-8")
        growing.replace(path)
    finally:
        growing.unlink(missing_ok=True)
    return True


def add_line(path: Path, line: str) -> bool:
    """Whether a file had no such line: it has it now, at its end. A link stays one. Raises OSError."""
    text = path.read_bytes() if path.exists() else b""
    if line.encode() in text.splitlines():
        return False
    private_folder(path.parent)
    with path.open("ab") as opened:
        opened.write((b"\n" if text and not text.endswith(b"\n") else b"") + line.encode() + b"\n")
    return True
