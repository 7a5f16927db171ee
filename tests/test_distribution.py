"""What is published holds what it needs: the source its tests, the wheel the files beside its modules."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("chatbot", "tests", "docs", "benchmarks", ".ci")
FILES = ("README.md", "CHANGELOG.md", "LICENSE", "MANIFEST.in", "pyproject.toml", ".env.example")
NOT_OURS = (".git", ".venv", "venv", "build", "dist", "*cache*", "*.egg-info", "*.pyc", ".hypothesis")

# The hooks that pip calls. Where the build needs the network, it fails.
BUILD = """
import os, shutil, sys, zlib
from setuptools import build_meta
compressor = zlib.compressobj
zlib.compressobj = lambda level, *how: compressor(1, *how)  # it takes a quarter of the time, and nobody loads this
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"the build needs the network: {args}")
sys.addaudithook(hook)
quiet = {"--global-option": ["--quiet"]}  # it would tell of each of a thousand files, several times
sdist = build_meta.build_sdist("../built", quiet)
shutil.unpack_archive(f"../built/{sdist}", "../unpacked")
os.chdir("../unpacked/" + sdist.removesuffix(".tar.gz"))
build_meta.build_wheel("../../built", quiet)
"""


def can_build() -> bool:
    """Whether the backend of pyproject.toml is there in its version; the extra `test` installs it."""
    try:
        return int(version("setuptools").split(".")[0]) >= 77
    except PackageNotFoundError:
        return False


def built(folder: Path) -> tuple[dict[str, bytes], set[str]]:
    """The files of the source distribution, and the names in a wheel that was built from it."""
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_OURS), copy_function=shutil.copyfile)
    done = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=folder / "source", env=os.environ, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    [sdist], [wheel] = (list((folder / "built").glob(kind)) for kind in ("*.tar.gz", "*.whl"))
    source = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            if content := archive.extractfile(member):
                source[member.name.partition("/")[2]] = content.read()
    with ZipFile(wheel) as names:
        return source, set(names.namelist())


def ours(*folders: str) -> dict[str, bytes]:
    """The files below these folders, by their paths from the root."""
    paths = [path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*")]
    return {
        path.as_posix(): (ROOT / path).read_bytes()
        for path in paths
        if (ROOT / path).is_file() and path.suffix != ".pyc" and not any("cache" in part for part in path.parts)
    }


@pytest.mark.skipif(not can_build(), reason="setuptools 77 is not installed; the extra test has it")
def test_the_source_has_all_that_its_tests_need_and_the_wheel_all_that_the_program_needs(tmp_path: Path) -> None:
    source, wheel = built(tmp_path)
    wanted = ours(*FOLDERS) | {name: (ROOT / name).read_bytes() for name in FILES}
    assert {name: source.get(name) == content for name, content in wanted.items()} == dict.fromkeys(wanted, True)
    assert set(ours("chatbot")) | {"chatbot/lab/manual.md", "chatbot/py.typed"} == {
        name for name in wheel if not name.startswith("chat_cli-")
    }
    assert b"Provides-Extra: test" in source["PKG-INFO"]


def test_what_the_tests_read_is_among_what_is_published() -> None:
    texts = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
    read = {name for text in texts for name in re.findall(r'ROOT / "([\w./-]+)"', text)}
    assert ".ci/run" in read
    assert {name for name in read if name.partition("/")[0] not in FOLDERS and name not in FILES} == set()
    grafted = re.findall(r"^graft (\S+)$", (ROOT / "MANIFEST.in").read_text(), re.MULTILINE)
    assert {*grafted, "chatbot"} == set(FOLDERS)
