"""Programs on PATH, found and run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

_SUFFIX = ".exe" if os.name == "nt" else ""  # a batch file would take words for commands


def find_program(name: str, search_path: str) -> str | None:
    """The first executable file of that name in the folders of `search_path`."""
    paths = (os.path.join(folder, name + _SUFFIX) for folder in _folders(search_path))  # noqa: PTH118  (ten stats)
    return next((path for path in paths if _is_program(path)), None)


def programs_beginning(prefix: str, search_path: str) -> list[str]:
    """The names, without `prefix`, of all executable files whose names begin with it."""
    found = set()
    for folder in _folders(search_path):
        try:
            names = os.listdir(folder)  # noqa: PTH208  (thousands of names)
        except OSError:
            continue
        found |= {
            name
            for name in names
            if name.startswith(prefix) and name.endswith(_SUFFIX) and _is_program(f"{folder}/{name}")
        }
    return sorted(name.removeprefix(prefix).removesuffix(_SUFFIX) for name in found)


def become(path: str, words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Goes on as another program: its streams, its signals and its exit code are ours. Returns only on Windows, which
    cannot do that: the exit code of a child. Raises OSError.
    """
    import signal
    import subprocess

    if os.name == "nt":
        return subprocess.call([path, *words], env=dict(environ))
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and what is ignored stays so in the next program
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    return os.execve(path, [path, *words], dict(environ))


def _folders(search_path: str) -> Iterator[str]:
    """Those with a whole path. An empty or relative one is a folder of whoever made the current one."""
    return (folder for folder in search_path.split(os.pathsep) if os.path.isabs(folder))  # noqa: PTH117


def _is_program(path: str) -> bool:
    return os.access(path, os.X_OK) and os.path.isfile(path)  # noqa: PTH113
