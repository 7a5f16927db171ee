"""`chat` on a terminal: the session, its commands handed what they need from the world."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from chatbot.cli.ask.inputs import Attachments
from chatbot.cli.ask.setup import Setup
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.history import history_folder
from chatbot.cli.output import stdio
from chatbot.cli.route import chosen_route
from chatbot.cli.settings.loading import sections_of, settings_of
from chatbot.cli.settings.own_providers import own_table
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import ChatError, UsageError
from chatbot.core.text import clean
from chatbot.options.chat import Who
from chatbot.outside.background import given_up_after
from chatbot.outside.desktop import editor
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.streams import is_terminal, terminal_to_write
from chatbot.outside.files.beginning import paths_beginning
from chatbot.outside.files.reading import is_file, read_text_file
from chatbot.providers.choice import ModelRequest, find_service, is_clear, spoken_name
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.failures import error_lines
from chatbot.terminal.input.input_line import InputParser
from chatbot.terminal.input.status_line import Status
from chatbot.terminal.notices import Notices
from chatbot.terminal.repl.actions import Attached, ReplActions, Template
from chatbot.terminal.repl.commands import COMMANDS, NAMES
from chatbot.terminal.repl.loop import Opening, converse
from chatbot.terminal.repl.state import ReplState
from chatbot.terminal.screen import IN_ORDER, Screen, is_dumb, reflows

if TYPE_CHECKING:
    from chatbot.cli.ask.runner import AnswerRunner
    from chatbot.core.conversations.resume import Resumed
    from chatbot.core.conversations.stored import Summary
    from chatbot.core.models.listed import ListedModel

VI_VARIABLE = "CHAT_EDITING_MODE"
_TYPED = "typed.jsonl"
_OFFERED_CONVERSATIONS = 30
_MODELS_WAIT_S = 3.0  # who pressed Tab looks at a prompt that shows nothing
_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def run_repl(setup: Setup, resumed: Resumed, attached: Attachments, opening: Opening | None) -> None:
    """Holds a conversation until the person leaves; what is `attached` goes with the first question.

    After a piped question the terminal is opened again; raises UsageError when there is none.
    """
    if not is_terminal(0) and not _reopen_terminal():
        raise UsageError("there is no terminal to stay at", advice="Ask without --interactive.")
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)  # an exception, so that the prompt puts the terminal back in order
    notices = setup.notices
    notices.in_session = True
    session = _Session(setup)
    read_line = _prompt(session, notices)
    conversation, unanswered, verdict, _ = resumed
    raw = setup.arguments.shown.raw
    start = ReplState(conversation, session.label(), setup.options, raw, *attached, unanswered, verdict)
    with session.keyboard if _is_smart_terminal() else nullcontext():  # the plain prompt reads with echo
        try:
            converse(read_line, session.actions(), notices, start, opening)
        except SystemExit:
            if _is_smart_terminal():
                stdio.write_aside(IN_ORDER.encode())
            raise


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


class _Session:
    """The world of a session: what its commands do outside of the conversation itself."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._recorder = setup.recorder
        self.keyboard = SilentKeyboard(as_typed=_is_smart_terminal())
        self._runner: AnswerRunner | None = None
        self._always: set[tuple[str, str]] = set()
        self._models: Sequence[ListedModel] | None = None
        self._loading = threading.Lock()

    def actions(self) -> ReplActions:
        """Everything that is there; nothing of the history where none is kept."""
        recorder, kept = self._recorder, not self._recorder.off
        return ReplActions(
            answer=self._answer,
            choose_model=self._choose_model,
            models=self.models,
            read_file=read_text_file,
            attach=self._attach,
            paste=self._paste,
            is_path=_is_path,
            is_file=is_file,
            show=self._show,
            time_words=stdio.time_words,
            clock=time.monotonic,
            context_window=self._context_window,
            begin_anew=recorder.begin_anew,
            withdraw=recorder.withdraw,
            edit=self.edit,
            copy=_copy,
            write=editor.write_new,
            conversations=self.conversations if kept else None,
            search=(lambda words, limit: recorder.history.search(words, limit)) if kept else None,
            resume=(lambda prefix: recorder.go_on(recorder.history.find(prefix))) if kept else None,
            fork=self._fork if kept else None,
            templates=_template_names,
            template=self._template,
            http=lambda form: self.runner().http.last(form, self._setup.target.key_variable),
            limits=self._limits,
            tools=self._setup.tools,
            usual_options=lambda: self._setup.options,
            places=self._places,
        )

    def runner(self) -> AnswerRunner:
        """What asks the chosen model; made, and its libraries loaded, at the first need."""
        with self._loading:
            if self._runner is None:
                from chatbot.cli.ask.runner import AnswerRunner

                self._runner = AnswerRunner(self._setup, self.keyboard, in_session=True, always=self._always)
                self._runner.load()
            return self._runner

    def load(self) -> None:
        """Loads what an answer will need, while the person types. From now on there may be garbage to collect."""
        gc.enable()
        self.runner()
        from chatbot.cli.ask import views  # noqa: F401
        from chatbot.terminal.answer import (
            live,  # noqa: F401
            live_view,  # noqa: F401
        )

    def label(self) -> str:
        """How the model is called on the screen."""
        return f"{self._setup.target.service.name}/{self._setup.target.model or 'its first model'}"

    def _context_window(self) -> int | None:
        from chatbot.providers.models import context_window

        return context_window(self._setup.target.model or "")

    def _show(self, text: str, raw: bool) -> None:
        from chatbot.cli.output.screen import show_text

        show_text(text, raw, self._setup.arguments.shown.color, self._setup.notices)

    def conversations(self, limit: int) -> Sequence[Summary]:
        """The newest conversations."""
        return self._recorder.history.conversations(limit)

    def edit(self, text: str) -> str | None:
        """A text in the person's editor. Raises UsageError when that cannot be started or fails."""
        with self.keyboard.lent():
            return editor.edit(text, _folder_to_edit_in(), os.environ)

    def edit_typed(self, text: str) -> str | None:
        """The same for what is being typed, which stays as it is when the editor fails."""
        try:
            return self.edit(text)
        except ChatError as error:
            self._setup.notices.error(error_lines(error, in_session=True))
            return None

    def _answer(self, ask: PendingQuestion) -> AnswerResult:
        if is_terminal(1):
            stdio.write_answer(b"\n")  # air, no answer
        runner = self.runner()
        result = runner(ask)
        if runner.signal is not None and runner.signal in _ENDING:  # what came is shown and kept
            raise SystemExit(128 + runner.signal)
        return result

    def models(self) -> Sequence[ListedModel]:
        """The models of the service, called by what `/model` takes; asked for at most once for each model chosen."""
        from chatbot.cli.model_lists import find_list

        if self._models is not None:
            return self._models
        runner = self.runner()
        if runner.awaits_key and not _is_main_thread():
            return ()  # a key command may ask the person, who only pressed Tab
        found = find_list(self._setup.target, runner.models)
        if found.error and _is_main_thread():  # else the prompt stands
            when = stdio.time_words(found.kept.asked_s)
            self._setup.notices.warn(f"{found.error}; this is the list from {when}")
        models = self._as_typed(found.kept.models)
        if runner is self._runner:  # another model may have been chosen meanwhile
            self._models = models
        return models

    def offered_models(self) -> list[str]:
        """What the Tab key offers after `/model`: of the list that is kept, however old; only without one is the server
        asked.
        """
        from chatbot.cli.model_lists import kept_list

        kept = None if self._models is not None else kept_list(self._setup.target)
        return [model.name for model in (self._as_typed(kept.models) if kept else self.models())]

    def _as_typed(self, listed: Sequence[ListedModel]) -> Sequence[ListedModel]:
        """The models by their own names, or with the service in front where one of these would mean another."""
        from chatbot.cli.model_lists import shown

        target, table = self._setup.target, own_table()
        are_clear = all(is_clear(target.service, model.name, table) for model in listed)
        return shown(target, listed, lambda name: name if are_clear else spoken_name(target.service, name))

    def _choose_model(self, name: str) -> str:
        """A model of the service that its name means, else of the one that answers now."""
        arguments = self._setup.arguments
        name = arguments.settings.model_named(name)
        service, _ = find_service(ModelRequest(model=name), {}, own_table())
        connection = arguments.connection
        if service:
            connection = connection._replace(base_url=None)
            if not service.speaks(connection.api):
                self._setup.notices.warn(f"{service.title} is not known to speak --api {connection.api}; asked without")
                connection = connection._replace(api=None)
        who = Who((name,), None if service else self._setup.target.service.name)
        target = choose_target(who, connection, self._setup.open_things, Wanted(with_key=False), arguments.settings)
        arguments = arguments._replace(who=who, connection=connection)
        arguments = arguments.settled(settings_of(arguments.settings, target.service, target.model))
        route = chosen_route(arguments.connection, self._setup.notices)
        self._setup = self._setup._replace(arguments=arguments, target=target, route=route)
        self._runner, self._models = None, None
        self._setup.notices.hide(target.secrets)
        return self.label()

    def _attach(self, path: str) -> Attached:
        from chatbot.cli.ask.attached.preparing import prepared
        from chatbot.outside.attachments.finding import find_file

        return Attached(*prepared(find_file(path), self._setup.target, self._setup.notices.warn))

    def _paste(self) -> Attached:
        from chatbot.cli.ask.attached.preparing import from_clipboard, prepared

        with self.keyboard.lent():
            return Attached(*prepared(from_clipboard(), self._setup.target, self._setup.notices.warn))

    def _template(self, name: str, values: Mapping[str, str]) -> Template:
        from chatbot.cli.templates import template_folder
        from chatbot.options.templates.template import applied

        filled = applied(template_folder().read(name), values)
        given = {option: value for option, value in filled.options.items() if value not in (None, ())}
        named = f"{filled.provider}/{filled.model}" if filled.provider and filled.model else filled.model
        return Template(filled.system, named, given, filled.extra)

    def _limits(self, width: int) -> Sequence[str]:
        from chatbot.cli.limits.command import kept_limits
        from chatbot.terminal.http.limits_panel import limit_rows

        seen = self._runner and self._runner.limits.seen
        if seen is None and not self._recorder.off:
            seen = kept_limits(self._setup.target.service.name)
        unicode = Screen(encoding=stdio.encoding(sys.stderr)).unicode
        return limit_rows(seen, time.time(), width, stdio.time_words, unicode=unicode) if seen else ()

    def _places(self) -> Mapping[str, tuple[Any, str]]:
        """What the settings file gives this model, where nothing before it counts."""
        arguments, target = self._setup.arguments, self._setup.target
        if not arguments.usual:
            return {}
        from chatbot.cli.settings.in_force import option_row
        from chatbot.options.chat import SAMPLING

        parts = sections_of(arguments.settings, target.service, target.model)[::-1]
        rows = {one.key: option_row(one, None, parts, arguments.settings) for one in SAMPLING}
        free = (one for one in SAMPLING if one.field in arguments.usual and one.field not in arguments.taken)
        return {one.key: (rows[one.key].said.value, rows[one.key].said.source) for one in free}

    def _fork(self) -> str:
        if self._recorder.conversation_id is None:
            raise UsageError("there is nothing to copy yet", advice="Ask something first.")
        self._recorder.conversation_id = self._recorder.history.fork(self._recorder.conversation_id)
        return self._recorder.conversation_id


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _prompt(session: _Session, notices: Notices) -> Callable[[Status], str]:
    """The prompt that this terminal can show. Loading goes on in the background once it stands."""

    def load() -> None:
        with suppress(Exception):  # ahead of time: what goes wrong shows when it is needed
            session.load()

    def when_standing() -> None:
        threading.Thread(target=load, daemon=True, name="chat-loading").start()

    if not _is_smart_terminal():
        from chatbot.terminal.input.plain_prompt import PlainPrompt

        return PlainPrompt(lambda prompt: clean(_typed_at(prompt, notices)), notices.write, when_standing)
    from chatbot.terminal.input.completion import Completions
    from chatbot.terminal.input.prompt import LineHistory, Prompt, PromptActions, PromptStyle

    lines = LineHistory(_typed_before, _keep_typed)
    offers = Completions(
        COMMANDS,
        models=lambda: given_up_after(session.offered_models, _MODELS_WAIT_S, []),
        files=paths_beginning,
        templates=_template_names,
        conversations=lambda: [(row.id, row.title) for row in session.conversations(_OFFERED_CONVERSATIONS)],
    )
    return Prompt(
        lines if session.actions().conversations else LineHistory(),
        offers,
        PromptActions(session.edit_typed, InputParser(NAMES, _is_path).as_text, when_standing),
        PromptStyle(os.environ.get(VI_VARIABLE, "") == "vi", notices.colour, reflows(os.environ)),
        terminal_to_write(),
    )


def _typed_at(prompt: str, notices: Notices) -> str:
    """A line behind the prompt, which goes beside the answers where these go into a file."""
    if is_terminal(1):
        return input(prompt)
    notices.write(prompt)
    return input()


def _folder_to_edit_in() -> Path:
    """The data folder; without a home, a folder for temporary files, which is private too."""
    try:
        return history_folder()
    except ChatError:
        import tempfile

        return Path(tempfile.mkdtemp(prefix="chat-"))


def _typed_before() -> Iterator[str]:
    """What was typed in earlier sessions; looked up when the prompt stands."""
    from chatbot.outside.files import typed_lines

    with suppress(ChatError):
        yield from typed_lines.load(history_folder() / _TYPED)


def _keep_typed(text: str) -> None:
    from chatbot.outside.files import typed_lines

    with suppress(ChatError):
        typed_lines.append(history_folder() / _TYPED, text)


def _template_names() -> list[str]:
    from chatbot.cli.templates import template_folder

    try:
        return template_folder().names()
    except ChatError:
        return []


def _is_smart_terminal() -> bool:
    return not is_dumb(os.environ)


def _is_path(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no such ~user
        return False


def _copy(text: str) -> None:
    from chatbot.outside.desktop.clipboard import copy

    draws = is_terminal(1) and not is_dumb(os.environ)
    copy(text, os.environ, stdio.write_answer if draws else None)


def _reopen_terminal() -> bool:
    """Standard input from the terminal again, after a pipe was read to its end; whether there is one."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    os.dup2(terminal, 0)
    os.close(terminal)
    sys.stdin = open(0, closefd=False, encoding=stdio.encoding(sys.stdin), errors="surrogateescape")  # noqa: SIM115
    return True
