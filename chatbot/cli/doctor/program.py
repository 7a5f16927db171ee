"""The program itself: its version, its place, and what it is built on."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from chatbot.cli.doctor.looking import Looking
from chatbot.core.checkup.finding import Finding, fault, warning
from chatbot.core.checkup.versions import fits, wanted
from chatbot.core.version import __version__

_DISTRIBUTION = "chat-cli"
_EXTRAS = {"truststore": "CHAT_CA=system", "keyring": "chat keys set --keyring"}


def version(_: Looking) -> Iterator[Finding]:
    """Program, Python, system."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding(f"chat {__version__}, Python {platform.python_version()}, {system}")


def place(looking: Looking) -> Iterator[Finding]:
    """Where it is installed, and whether `chat` means it."""
    yield Finding(f"installed in {Path(__file__).parents[2]}, Python in {sys.executable}")
    first = shutil.which("chat", path=looking.environ.get("PATH"))
    ours = Path(sys.executable).parent / "chat"
    started_as = Path(sys.argv[0])
    if first and not any(os.path.realpath(first) == os.path.realpath(own) for own in (ours, started_as)):
        yield warning(f"the word chat means another program: {first}", "Put the folder of this one before it in PATH.")


def packages(_: Looking) -> Iterator[Finding]:
    """Each package that it needs, with its version."""
    try:
        requirements = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield warning(
            f"the package {_DISTRIBUTION} is not installed: chat runs from its source",
            "To install it: pip install -e . in its folder.",
        )
        return
    fine = []
    for name, bounds, extra in map(wanted, requirements):
        have = _version(name)
        if extra:
            continue
        if have is None:
            yield fault(f"the package {name} is missing", f"Install it: pip install '{name}{bounds}'")
        elif not fits(have, bounds):
            yield fault(f"{name} is {have}, and {bounds} is wanted", f"Change it: pip install '{name}{bounds}'")
        else:
            fine.append(f"{name} {have}")
    yield Finding("packages: " + ", ".join(fine))


def extras(_: Looking) -> Iterator[Finding]:
    """What may be installed beside it."""
    for name, purpose in _EXTRAS.items():
        have = _version(name)
        yield Finding(f"{name} {have or 'is not installed, which is fine'} (for {purpose})")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
