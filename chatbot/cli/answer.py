"""One command's worth of answering: from words to the pieces, and the pieces handed to each other."""

from __future__ import annotations

import gc
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

from chatbot.cli.ask import Words
from chatbot.core.addresses import base_url as checked_base_url
from chatbot.core.errors import CannotConnect, NoKey, OutputUnwritable, UsageError
from chatbot.core.events import Finished
from chatbot.core.messages import Conversation, Image
from chatbot.core.redaction import Redactor
from chatbot.core.retry import RetryPolicy
from chatbot.core.settings import Options
from chatbot.core.text import DecodedText, clean
from chatbot.core.text import question as joined_question
from chatbot.outside.background import Inbox
from chatbot.outside.environment import read_variables
from chatbot.outside.files import display_name, read_text_file
from chatbot.outside.keyboard import SilentKeyboard
from chatbot.outside.listening import listens
from chatbot.outside.signals import Interrupts
from chatbot.outside.stdin import read_piped_bytes, read_piped_text
from chatbot.outside.streams import is_terminal, write_all
from chatbot.outside.transport import IDLE_TIMEOUT_S, LiveTransport
from chatbot.providers import registry
from chatbot.providers.choice import Choice, Wish, choose, find_service, local_names, variable_names
from chatbot.providers.service import Service
from chatbot.session import Session
from chatbot.terminal.voice import Voice

if TYPE_CHECKING:
    from chatbot.terminal.follow import Outcome, View
    from chatbot.terminal.wait_row import WaitRow

# Long enough for a request to leave, short beside any server's answer: what shows the answer loads after that.
_SENT_WITHIN_S = 0.05


def answer(words: Words, voice: Voice) -> int:
    """Answers the question, or opens a session where there is none to answer."""
    with ExitStack() as open_things:
        choice = _choice(words, open_things)
        voice.redact = Redactor([choice.key] if choice.key else [])
        if is_terminal(2):
            for notice in choice.notices:
                voice.notice(notice)
        asking = Asking(words, choice, voice)
        text = _question(words, voice)
        if text is None:
            return _session(asking, words, voice)
        images = tuple(_images(words, choice, voice))
        conversation = Conversation(system=_system(words, voice)).asking(text, images)
        return asking.exit_code(asking(conversation))


class Asking:
    """Asks one question after the other of the chosen model, and shows each answer."""

    def __init__(self, words: Words, choice: Choice, voice: Voice) -> None:
        self._words = words
        self._choice = choice
        self._voice = voice
        self._sent = threading.Event()
        self._transport = LiveTransport(
            os.environ, idle_timeout_s=words.timeout_s or IDLE_TIMEOUT_S, on_sent=self._sent.set
        )
        self._session = Session(
            registry.provider_for(choice.service, choice.endpoint),
            self._transport,
            RetryPolicy(max_retries=words.max_retries),
            clock=time.monotonic,
            now=time.time,
            random=random.random,
        )
        self._options = Options(model=choice.model or "", stream=words.stream, extra=words.extra, **words.options)
        self.signal: int | None = None

    def __call__(self, conversation: Conversation) -> Outcome:
        """The answer to the last question, as far as it came; shown while it comes, with what is to be said of it."""
        self._sent.clear()
        on_screen = is_terminal(1) and not self._words.json
        with Interrupts(on_screen=on_screen) as interrupts, SilentKeyboard() as keyboard:
            inbox = Inbox(
                lambda sleep: self._session.ask(conversation, self._options, sleep), stop=self._transport.abort
            )
            interrupts.wake = inbox.wake
            self._sent.wait(_SENT_WITHIN_S)
            from chatbot.terminal.follow import follow

            view = self._screen_view(interrupts, keyboard) if on_screen and not self._words.raw else self._plain_view()
            outcome = follow(inbox, view, time.monotonic, interrupts.stopped, self._words.max_time_s)
            self.signal = interrupts.number
        self._say(outcome)
        return outcome

    def exit_code(self, outcome: Outcome) -> int:
        """The exit code for this outcome, or for the signal that ended it."""
        from chatbot.terminal.failures import exit_code

        return 128 + self.signal if self.signal else exit_code(outcome.finished)

    def _plain_view(self) -> View:
        """The text as it is: for pipes and files, for --raw, and beside --json."""
        from chatbot.terminal.plain import PlainView

        harmless = is_terminal(1)
        view = PlainView(
            (lambda _: None) if self._words.json else _write_answer,
            self._voice.notice,
            _write_aside if is_terminal(2) and os.environ.get("TERM", "dumb") != "dumb" else None,
            self._wait_row(),
            show_thinking=not self._words.hide_reasoning,
            dim=self._voice.colour,
            harmless=harmless,
            encoding=_encoding(sys.stdout) if harmless else "utf-8",
        )
        if not self._words.json:
            return view
        from chatbot.terminal.json_view import JsonView

        return JsonView(view)

    def _screen_view(self, interrupts: Interrupts, keyboard: SilentKeyboard) -> View:
        """Markdown, drawn while it arrives. Loaded only here, while the network is busy."""
        from chatbot.terminal.live import LiveAnswer
        from chatbot.terminal.live_view import LiveView
        from chatbot.terminal.screen import detect_screen

        def pause(before: Callable[[], None]) -> bool:
            if not interrupts.pause_wanted:
                return False
            before()
            keyboard.restore()
            interrupts.stop_process()
            keyboard.silence()
            return True

        screen = detect_screen(
            os.environ, isatty=True, size=_size(), encoding=_encoding(sys.stdout), color=self._words.color
        )
        live = LiveAnswer(screen, _write_answer, time.monotonic, hide_reasoning=self._words.hide_reasoning)
        return LiveView(live, self._wait_row(), _size, pause, None if is_terminal(2) else self._voice.notice)

    def _wait_row(self) -> WaitRow:
        from chatbot.terminal.wait_row import WaitRow

        unicode = "utf" in _encoding(sys.stderr).lower()
        return WaitRow(self._choice.model or self._choice.service.title, time.monotonic(), unicode=unicode)

    def _say(self, outcome: Outcome) -> None:
        """What is to be said of an answer: in the JSON object, and to the person."""
        from chatbot.terminal.failures import exit_code, usage_line, verdict_lines

        finished = self._advised(outcome.finished)
        if self._words.json:
            from chatbot.terminal.json_view import as_json

            model = self._choice.model or ""
            _write_answer(as_json(outcome, self._choice.service.name, model, self._voice.redact))
        lines = list(verdict_lines(finished))
        if lines and (exit_code(finished) or not self._voice.quiet):
            self._voice.tell(lines)
        if self._words.usage:
            self._voice.tell([usage_line(finished.usage)])

    def _advised(self, finished: Finished) -> Finished:
        """For a local server that does not run: how to start it."""
        if isinstance(finished.error, CannotConnect) and self._choice.service.start_advice:
            finished.error.advice = self._choice.service.start_advice
        return finished


def _choice(words: Words, open_things: ExitStack) -> Choice:
    """Where to ask, from the words, the variables, and what runs on this machine."""
    variables, notices = read_variables(
        os.environ,
        variable_names(),
        local_names=local_names(),
        folder=Path() if words.local_env else None,
        env_file=words.env_file,
    )
    base_url = checked_base_url(words.base_url, "--base-url") if words.base_url else None
    wish = Wish(words.provider, words.model, base_url, words.headers)
    service, model = find_service(wish, variables)
    at = None
    if service is None:
        service = next((row for row in registry.SERVICES if row.probe and _listening_url(row)), None)
    if service is None:
        raise _nothing_set_up()
    if service.source == registry.LAB:
        at = _start_lab(service, open_things)
    elif service.other_base_urls and not base_url:
        at = _listening_url(service) if not any(url.name in variables for url in service.urls) else None
    choice = choose(service, model, wish, variables, at)
    return choice._replace(notices=(*notices, *choice.notices))


def _listening_url(service: Service) -> str | None:
    """The first address of a local server at which something listens."""
    urls = (service.base_url, *service.other_base_urls)
    return next((url for url in urls if url and listens(urlsplit(url).port or 80)), None)


def _start_lab(service: Service, open_things: ExitStack) -> str:
    """The embedded provider, started inside this process; its base URL as the wire format wants it."""
    from chatbot.lab.server import LabServer

    path = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}[service.wire]
    return open_things.enter_context(LabServer()).url + path


def _nothing_set_up() -> NoKey:
    return NoKey(
        "nothing is set up yet; there are three ways to begin:",
        advice="1. set a key:           export OPENAI_API_KEY=...  (or another service's)\n"
        "2. run a local server:  ollama serve  (or LM Studio, or llama.cpp)\n"
        '3. try without either:  chat -m lab/guide "how do I begin?"\n'
        'The services: chat -m lab/guide "which providers are there?"',
    )


def _question(words: Words, voice: Voice) -> str | None:
    """The whole question; None when there is none and a person sits at the terminal.

    Piped input is the question, or follows the instruction. It is not read when --image - takes it.
    """
    files = []
    for name in words.files:
        found = read_text_file(name)
        _warn(found, voice)
        files.append((display_name(name), found.text))
    piped = None
    if words.read_stdin and "-" not in words.images:
        decoded = read_piped_text(0, lambda: voice.notice(_SILENT))
        if decoded is not None:
            _warn(decoded, voice)
            piped = decoded.text
    if words.question is None and not files and piped is None and not words.images and is_terminal(0):
        return None
    text = joined_question(words.question, files, piped)
    if not text.strip() and not words.images:
        raise UsageError(
            "there is no question", advice='Ask one: chat "why is the sky blue?"   (all words: chat --help)'
        )
    return text


_SILENT = "waiting for the end of standard input (nothing has come yet); --no-stdin asks without it"


def _system(words: Words, voice: Voice) -> str | None:
    """The system prompt: the text itself, or a file of it."""
    if words.system is None or not words.system.startswith("@"):
        return clean(words.system) if words.system else None
    found = read_text_file(words.system[1:])
    _warn(found, voice)
    return found.text


def _warn(found: DecodedText, voice: Voice) -> None:
    if found.warning:
        voice.notice(found.warning)


def _images(words: Words, choice: Choice, voice: Voice) -> Iterator[Image]:
    if not words.images:
        return
    from chatbot.outside.images import load_image, load_image_bytes  # Pillow loads only where there is an image

    limits = choice.service.images
    for path in words.images:
        if path == "-":
            data = read_piped_bytes(0, lambda: voice.notice(_SILENT)) or b""
            image, notices = load_image_bytes(data, "the piped image", limits)
        else:
            image, notices = load_image(path, limits)
        for notice in notices:
            voice.notice(notice)
        yield image


def _session(asking: Asking, words: Words, voice: Voice) -> int:
    """A conversation at the terminal, kept in memory."""
    from chatbot.terminal.repl import converse

    gc.enable()
    converse(_read_line, asking, Conversation(system=_system(words, voice)), voice)
    return 0


def _read_line(prompt: str) -> str:
    try:
        import readline  # noqa: F401  # its import is what gives input() a line editor
    except ImportError:
        pass
    return clean(input(prompt))


def _encoding(stream: TextIO | None) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _size() -> tuple[int, int]:
    """Columns and rows of the terminal; zeros when it does not say."""
    try:
        return os.get_terminal_size(1)
    except OSError:
        return 0, 0


def _write_answer(data: bytes) -> None:
    """Writes to standard output; a full disk is an error of ours, a closed pipe stays BrokenPipeError."""
    try:
        write_all(1, data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputUnwritable(f"the answer cannot be written: {error.strerror}") from error


def _write_aside(text: str) -> None:
    try:
        write_all(2, text.encode(_encoding(sys.stderr), "replace"))
    except OSError:
        pass  # it is beside the answer
