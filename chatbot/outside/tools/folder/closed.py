"""Which files below a folder are not for a model, by their names and by what they are."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from chatbot.records import NamedTuple

_PSEUDO = ("/proc", "/sys", "/dev")  # /proc/self/environ has the keys of this program
_FOLDERS = frozenset(".ssh .gnupg .aws .azure .kube .docker .password-store".split())
_FILES = frozenset(
    ".env .envrc .netrc _netrc .pgpass .my.cnf .npmrc .pypirc .git-credentials .htpasswd .boto credentials.json "
    "keys.toml id_rsa id_dsa id_ecdsa id_ed25519".split()
)
_TEMPLATES = (".example", ".sample", ".template", ".dist")
_ENDINGS = (".pem", ".key", ".p12", ".pfx", ".kdbx", ".keystore", ".jks")


def is_closed_name(name: str) -> bool:
    """Whether files of that name, or of one that some file system takes for the same, hold keys."""
    same = _as_file_systems_see_it(name)
    is_env = same.startswith(".env.") and not same.endswith(_TEMPLATES)
    return same in _FOLDERS or same in _FILES or is_env or same.endswith(_ENDINGS)


def _as_file_systems_see_it(name: str) -> str:
    """Without case and compatibility forms (APFS, HFS+), what HFS+ ignores (CVE-2014-9390), and what Windows cuts off:
    blanks and dots at the end, and the name of a stream.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(character for character in text if unicodedata.category(character) not in ("Cf", "Cc"))
    return seen.partition(":")[0].rstrip(". ")


class Closed(NamedTuple):
    """Files and folders that are not looked into, under whatever name (a hard link, a mount) they are met, and the file
    systems of the kernel.
    """

    own: frozenset[tuple[int, int]]
    devices: frozenset[int]

    @classmethod
    def of(cls, paths: Iterable[str]) -> Closed:
        """Those of `paths` that are there."""
        own = frozenset((status.st_dev, status.st_ino) for status in map(_status, paths) if status)
        usual = _status("/")
        pseudo = frozenset(status.st_dev for status in map(_status, _PSEUDO) if status)
        return cls(own, pseudo - {usual.st_dev} if usual else pseudo)

    def is_own(self, status: os.stat_result) -> bool:
        """Whether that is one of the paths."""
        return (status.st_dev, status.st_ino) in self.own

    def holds(self, status: os.stat_result) -> bool:
        """Whether that is one of them, or lies in a file system of the kernel."""
        return self.is_own(status) or status.st_dev in self.devices


def _status(path: str) -> os.stat_result | None:
    try:
        return Path(path).stat()
    except (OSError, ValueError):
        return None
