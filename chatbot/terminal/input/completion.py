"""What the Tab key offers: commands, and what may follow them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from chatbot.options.chat import FORMS, SAMPLING
from chatbot.options.declared import Option
from chatbot.records import NamedTuple
from chatbot.terminal.input.input_line import MARKS
from chatbot.terminal.sanitise import sanitise


async def _nothing() -> Iterable[str]:
    return ()


class Completable(Protocol):
    """A slash command: its names, what may follow them, what it does, and what it is completed with."""

    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> Sequence[str]: ...
    @property
    def words(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def completes(self) -> str: ...


class Completions(NamedTuple):
    """Where completions come from. Each function is called at a key press; what it raises means: nothing to offer.

    `models` is waited for while the prompt goes on. `files` is given the beginning of a path and gives whole paths.
    `conversations` gives the id and the title of the newest ones.
    """

    commands: Sequence[Completable]
    models: Callable[[], Awaitable[Iterable[str]]] = _nothing
    files: Callable[[str], Iterable[str]] = lambda beginning: ()
    conversations: Callable[[], Iterable[tuple[str, str]]] = lambda: ()
    templates: Callable[[], Iterable[str]] = lambda: ()
    settings: Sequence[Option] = SAMPLING


Found = Iterable[tuple[str, str]]  # the words to insert, and what is said of them


class CommandCompleter(Completer):
    """Completes commands and, when asked, what follows them, in a single line that begins with one."""

    def __init__(self, offers: Completions) -> None:
        self._found: Mapping[str, Callable[[str], Found]] = {
            "commands": lambda typed: _beginning(typed, ((row.name, row.help) for row in offers.commands)),
            "settings": lambda typed: _beginning(typed, ((option.key, option.says) for option in offers.settings)),
            "files": lambda typed: _files(typed, offers),
            "conversations": lambda typed: _beginning(typed, offers.conversations()),
            "forms": lambda typed: _beginning(typed, _bare(FORMS)),
            "templates": lambda typed: _beginning(typed, _bare(offers.templates())),
        }
        self._models = offers.models
        self._commands = offers.commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        typed = document.text_before_cursor
        if typed[:1] not in tuple(MARKS) or "\n" in document.text:
            return
        if not any(character.isspace() for character in typed):
            yield from self._names(typed)
            return
        find = self._found.get(self._kind(typed)) if complete_event.completion_requested else None
        if find is None:
            return
        argument = typed.partition(" ")[2].lstrip()
        try:
            for text, meta in find(argument):
                yield Completion(text, -len(argument), display=sanitise(text), display_meta=sanitise(meta))
        except Exception:  # a completion is a favour: whatever is wrong shows when the command is run
            return

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        typed = document.text_before_cursor
        if self._kind(typed) == "models" and complete_event.completion_requested:
            argument = typed.partition(" ")[2].lstrip()
            for text, _ in _containing(argument, _bare(await self._models())):
                yield Completion(text, -len(argument), display=sanitise(text))
        else:
            for completion in self.get_completions(document, complete_event):
                yield completion

    def _kind(self, typed: str) -> str:
        """What the argument of the command that `typed` begins with is completed with."""
        head, blank, _ = typed.partition(" ")
        word = head[1:].lower()
        found = (row.completes for row in self._commands if word in (row.name, *row.aliases))
        return next(found, "") if blank else ""

    def _names(self, typed: str) -> Iterator[Completion]:
        """Names of commands after any of their marks; an alias only where no name fits."""
        word = typed[1:].lower()
        rows = [row for row in self._commands if row.name.startswith(word)]
        if not rows:
            rows = [row for row in self._commands for alias in row.aliases if alias.startswith(word)]
        for row in rows:
            head = f"/{row.name} {row.words}".rstrip()
            yield Completion(row.name, -len(word), display=head, display_meta=row.help)


def is_offered_unasked(document: Document) -> bool:
    """Whether completions appear while one types: only for the name of a command."""
    return document.text_before_cursor.startswith("/") and not any(map(str.isspace, document.text))


def _files(typed: str, offers: Completions) -> Found:
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    return _bare(quote + path for path in offers.files(typed.removeprefix(quote)))


def _bare(texts: Iterable[str]) -> Found:
    return ((text, "") for text in texts)


def _beginning(typed: str, found: Found) -> Found:
    return ((text, meta) for text, meta in found if text.lower().startswith(typed.lower()))


def _containing(typed: str, found: Found) -> Found:
    """Those that begin with it first: `gpt` is also in `openai/gpt`."""
    fitting = [pair for pair in found if typed.lower() in pair[0].lower()]
    return sorted(fitting, key=lambda pair: not pair[0].lower().startswith(typed.lower()))
