"""With back ends of these tests, chosen as the package documents it: by PYTHON_KEYRING_BACKEND."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import forked
from tests.tables import each

pytest.importorskip("keyring", reason="the package keyring is not there")

BACK_ENDS = """
import json, pathlib, time
from keyring.backend import KeyringBackend
class InFile(KeyringBackend):
    priority = 1
    file = pathlib.Path("ring.json")
    def _all(self): return json.loads(self.file.read_text()) if self.file.exists() else {}
    def get_password(self, service, name): return self._all().get(f"{service}/{name}")
    def set_password(self, service, name, key):
        self.file.write_text(json.dumps({**self._all(), f"{service}/{name}": key}))
    def delete_password(self, service, name):
        rest = self._all(); del rest[f"{service}/{name}"]; self.file.write_text(json.dumps(rest))
class Locked(InFile):
    def get_password(self, service, name): time.sleep(60)
class Refusing(InFile):
    def get_password(self, service, name): raise RuntimeError("sk-in-the-error")
"""


def run(code: str, folder: Path, back_end: str) -> str:
    (folder / "rings.py").write_text(BACK_ENDS)
    code = f"""
import os, sys, time
os.environ["PYTHON_KEYRING_BACKEND"] = {back_end!r}
sys.path.insert(0, "")
import keyring as package  # on a busy machine this takes a while
from chatbot.core.errors import ConfigurationError
from chatbot.outside.keys import keyring
began_s = time.monotonic()
try:
    {code}
except ConfigurationError as error:
    print(error, "|", error.advice.splitlines()[0], "|", time.monotonic() - began_s < 3)
"""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **forked.STARTED_WITH}
    done = forked.run(["-c", code], env, folder, timeout_s=20, alone=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def test_a_key_is_kept_found_and_taken_away(tmp_path: Path) -> None:
    assert run("keyring.store('K', 'sk-1'); print(keyring.fetch('K'))", tmp_path, "rings.InFile") == "sk-1"
    assert "chat/K" in (tmp_path / "ring.json").read_text()
    assert run("keyring.delete('K'); keyring.delete('K'); keyring.fetch('K')", tmp_path, "rings.InFile").startswith(
        "the keyring has no key K | Store it: chat keys set K --keyring"
    )


@each(
    ("back_end", "said"),
    [
        ("rings.Locked", "the keyring does not answer"),
        ("rings.Refusing", "the keyring refused (RuntimeError)"),
        ("keyring.backends.fail.Keyring", "there is no keyring here"),
        ("keyring.backends.null.Keyring", "there is no keyring here"),
        ("no.such.Keyring", "the keyring "),
    ],
)
def test_one_that_does_not_answer_is_told_soon(tmp_path: Path, back_end: str, said: str) -> None:
    told, advice, is_soon = run("keyring.fetch('K')", tmp_path, back_end).split(" | ")
    assert said in told
    assert "sk-" not in told
    assert "key file" in advice
    assert is_soon == "True"


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['keyring'] = None; keyring.require_one('K')"
    assert run(code, tmp_path, "rings.InFile").startswith(
        "the keyring needs a package | Install it: pip install 'chat-cli[keyring]'"
    )
