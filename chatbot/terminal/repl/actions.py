"""What a session at the terminal needs from the world, handed to it as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import UsageError
from chatbot.core.messages import Attachment
from chatbot.core.options import Options
from chatbot.core.text import DecodedText
from chatbot.core.tools.calling import Tool
from chatbot.options.chat import SAMPLING
from chatbot.options.declared import Option
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:  # the session does without the history until something is kept
    from chatbot.core.conversations.resume import Resumed
    from chatbot.core.conversations.stored import Hit, Replaced, Summary
    from chatbot.core.models.listed import ListedModel


class Template(NamedTuple):
    """A saved prompt, its variables filled in; None where it leaves a choice as it is."""

    system: str | None = None
    model: str | None = None
    options: Mapping[str, Any] = {}
    extra: Mapping[str, Any] = {}


class Attached(NamedTuple):
    """What goes with a question: files as they are sent, and texts (name and text) within it; and remarks on them."""

    files: tuple[Attachment, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


class ReplActions(NamedTuple):
    """Each function raises ChatError when it cannot do what it is asked, and the session goes on. None: not there.

    `answer` shows an answer and returns it as far as it came. `choose_model` makes a model answer from now on and
    returns how it is called on the screen. `attach` takes the path of a file or an address, `paste`
    what is in the clipboard. `show` shows
    Markdown, or text as it is. `edit` returns None when the person left the editor without saving. `write` must not
    overwrite a file. `withdraw` takes the last question back in the history, `begin_anew` ends the stored conversation,
    `fork` makes a copy of it, returns its id and goes on in it; so does `resume` (given an id or its beginning) in
    another one. `time_words` tells a Unix time, `clock` gives monotonic seconds. `context_window` is how many tokens
    the model takes, None if that is not known. `settings` are what `/set` sets. `http` is the last exchange in a form.
    `is_path` is whether something has that name, `is_file` whether a file has, also as a `file:` address. `limits` are
    rows of at most so many cells. `tools` may be called. `usual_options` are those of the model in use where the person
    sets nothing; `places` are the values of the settings file, and where they stand, by key.
    """

    answer: Callable[[PendingQuestion], AnswerResult]
    choose_model: Callable[[str], str]
    models: Callable[[], Sequence[ListedModel]]
    read_file: Callable[[str], DecodedText]
    is_path: Callable[[str], bool]
    is_file: Callable[[str], bool]
    show: Callable[[str, bool], None]
    time_words: Callable[[float], str]
    clock: Callable[[], float]
    context_window: Callable[[], int | None] = lambda: None
    begin_anew: Callable[[], None] = lambda: None
    withdraw: Callable[[Replaced], None] = lambda last_is: None
    edit: Callable[[str], str | None] | None = None
    copy: Callable[[str], None] | None = None
    write: Callable[[str, str], None] | None = None
    conversations: Callable[[int], Sequence[Summary]] | None = None
    search: Callable[[str, int], Sequence[Hit]] | None = None
    resume: Callable[[str], tuple[Summary, Resumed]] | None = None
    fork: Callable[[], str] | None = None
    settings: Sequence[Option] = SAMPLING
    usual_options: Callable[[], Options] = lambda: Options("")
    places: Callable[[], Mapping[str, tuple[Any, str]]] = dict
    templates: Callable[[], Sequence[str]] | None = None
    template: Callable[[str, Mapping[str, str]], Template] | None = None
    http: Callable[[str], str] | None = None
    limits: Callable[[int], Sequence[str]] | None = None
    tools: Sequence[Tool] = ()
    attach: Callable[[str], Attached] | None = None
    paste: Callable[[], Attached] | None = None


class CommandContext(NamedTuple):
    """Where commands act, and what tells what they did."""

    actions: ReplActions
    notices: Notices


Function = TypeVar("Function")

NOTHING = "none"  # what a person writes to take a choice back
NO_HISTORY = "this session keeps no history"
NO_ATTACHMENTS = "this session attaches nothing"
NO_CLIPBOARD = "there is no clipboard here"
NO_EDITOR = "there is no editor here"
NO_FILES = "this session writes no files"
NO_TEMPLATES = "there are no templates here"
NO_LIMITS = "limits are not looked at here"


def needed(function: Function | None, why_not: str) -> Function:
    """The function. Raises UsageError where it is not there."""
    if function is None:
        raise UsageError(f"that is not available: {why_not}")
    return function
