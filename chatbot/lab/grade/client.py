"""The client to be marked: how it is told the address, the key and the question, by words and by variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from chatbot.lab.grade.scenes import MOST_RETRIES, TIMEOUT_S
from chatbot.records import NamedTuple

WIRES = ("openai", "responses", "anthropic", "gemini")
_QUESTION = "{question}"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# The port of discard, where usually nothing listens. It keeps back what asks another address through a proxy from the
# environment; a client that takes none, as node's fetch, is not kept back.
_CLOSED_DOOR = "http://127.0.0.1:9"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
# What a program needs to be found and to start, and no more: no key, no address, no settings.
_KEPT = (
    "PATH LANG LANGUAGE LC_ALL LC_CTYPE TZ TERM SYSTEMROOT LD_LIBRARY_PATH VIRTUAL_ENV PYTHONPATH PYENV_ROOT NVM_DIR "
    "NODE_PATH GOPATH GOROOT GOCACHE GOMODCACHE CARGO_HOME RUSTUP_HOME JAVA_HOME GEM_HOME GEM_PATH DOTNET_ROOT"
).split()


class WireFacts(NamedTuple):
    """How clients of a wire format find its service: `base` goes behind the host in what they call the base URL."""

    base: str
    model: str
    url_variables: Mapping[str, str]
    key_variables: tuple[str, ...]
    model_variable: str


_OPENAI = WireFacts(
    "/v1",
    "gpt-4o-mini",
    {"OPENAI_BASE_URL": "/v1", "OPENAI_API_BASE": "/v1"},
    ("OPENAI_API_KEY",),
    "OPENAI_MODEL",
)
FACTS = {
    "openai": _OPENAI,
    "responses": _OPENAI,
    "anthropic": WireFacts(
        "", "claude-haiku-4-5", {"ANTHROPIC_BASE_URL": ""}, ("ANTHROPIC_API_KEY",), "ANTHROPIC_MODEL"
    ),
    "gemini": WireFacts(
        "/v1beta",
        "gemini-2.5-flash",
        {"GOOGLE_GEMINI_BASE_URL": "", "GEMINI_BASE_URL": "/v1beta"},
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "GEMINI_MODEL",
    ),
}


class Client(NamedTuple):
    """`words` are the command, with placeholders; it is run in `folder`. `variables` are those it needs beside the
    usual ones.
    """

    words: tuple[str, ...]
    folder: Path = Path()
    variables: Mapping[str, str] = {}

    @property
    def is_asked_by_word(self) -> bool:
        """Whether the question is a part of the command line; else it is piped in."""
        return any(_QUESTION in word for word in self.words)

    @property
    def takes_stdin(self) -> bool:
        """Whether the question can be piped in."""
        return _QUESTION in self.words or not self.is_asked_by_word


class Place(NamedTuple):
    """What a client is told: `url` is the lab's, without a path."""

    wire: str
    url: str
    key: str
    question: str

    @property
    def values(self) -> dict[str, str]:
        """The placeholders, by name."""
        facts = FACTS[self.wire]
        return {
            "base_url": self.url + facts.base,
            "key": self.key,
            "model": facts.model,
            "question": self.question,
            "wire": self.wire,
            "timeout": str(TIMEOUT_S),
            "max_retries": str(MOST_RETRIES),
        }


def words_for(client: Client, place: Place, *, by_stdin: bool) -> list[str]:
    """The command with its placeholders filled in; without the question where that is piped in."""
    words = [word for word in client.words if not (by_stdin and word == _QUESTION)]
    return [_PLACEHOLDER.sub(lambda found: place.values.get(found[1], found[0]), word) for word in words]


def environment_for(client: Client, place: Place, home: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Its variables: what it needs of `environ`, its own, an empty home, and where the lab is. Proxies lead to a closed
    door: most clients that ask another address do not leave the machine.
    """
    facts = FACTS[place.wire]
    kept = {name: environ[name] for name in _KEPT if name in environ}
    told = {name.upper(): value for name, value in place.values.items()}
    return {
        **kept,
        **dict.fromkeys(_PROXIES, _CLOSED_DOOR),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        **client.variables,
        "HOME": str(home),
        "TMPDIR": str(home),
        **told,
        **{name: place.url + path for name, path in facts.url_variables.items()},
        **dict.fromkeys(facts.key_variables, place.key),
        facts.model_variable: facts.model,
        "CHAT_TIMEOUT": told["TIMEOUT"],
        "CHAT_MAX_RETRIES": told["MAX_RETRIES"],
    }
