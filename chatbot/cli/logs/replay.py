"""`chat logs replay`: a kept conversation, asked again of another model."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from chatbot.cli.ask.arguments import Arguments
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.setup import Asking
from chatbot.cli.output import stdio
from chatbot.cli.output.screen import this_screen
from chatbot.cli.settings.loading import load_settings
from chatbot.cli.several.member import AskedModel, asked_models
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import UsageError
from chatbot.core.messages import Conversation
from chatbot.options.chat import Connection, Money, Shown, Who
from chatbot.outside.desktop.streams import is_terminal
from chatbot.records import NamedTuple
from chatbot.terminal.notices import Notices
from chatbot.terminal.several.word_diff import word_diff
from chatbot.terminal.several.words import head, marked

if TYPE_CHECKING:
    from chatbot.core.conversations.stored import StoredConversation, Turn
    from chatbot.outside.history.store import History
    from chatbot.terminal.answer.show_events import AnswerResult


class Replay(NamedTuple):
    """Who is asked, and what is shown of it."""

    who: Who
    connection: Connection
    money: Money
    diff: bool
    json: bool


def replay(stored: StoredConversation, history: History, wanted: Replay, notices: Notices) -> int:
    """Asks each question, with the answers that this model gave to those before it; the exit code. A question without
    a whole answer is the last one. What comes is kept as a conversation of its own, beside the other.

    Raises UsageError, and what is wrong with the model.
    """
    draws = is_terminal(1) and not wanted.json
    turns = [turn for turn in stored.turns if not turn.withdrawn]
    _check(turns, wanted, draws=draws)
    with ExitStack() as open_things:
        recorder = HistoryRecorder(notices, off=False)
        open_things.callback(recorder.close)
        shown = Shown(json=not draws)  # which leaves it to us what is written
        arguments = Arguments(
            who=wanted.who,
            shown=shown,
            connection=wanted.connection,
            money=wanted.money,
            taken=frozenset({"json", *(field for field, value in wanted.money._asdict().items() if value is not None)}),
            settings=load_settings(),
        )
        [model] = asked_models(Asking(arguments, "", Conversation(), {}, recorder, notices, open_things))
        asked = _Asked(model, history, wanted, notices, draws=draws)
        code = asked.ask(turns)
        if kept := model.setup and model.setup.recorder.conversation_id:
            history.compare([kept], stored.summary.id)
            notices.tell([f"kept as {kept}, beside {stored.summary.id}"])
        return code


def _check(turns: list[Turn], wanted: Replay, *, draws: bool) -> None:
    if not turns:
        raise UsageError("every question of this conversation was taken back")
    if not (draws or wanted.json or wanted.diff):
        raise UsageError(
            "several answers cannot be told apart in a pipe",
            advice="--json writes a line of JSON for each, --diff how each differs from the one of then.",
        )


class _Asked:
    """Asks one question after the other."""

    def __init__(self, model: AskedModel, history: History, wanted: Replay, notices: Notices, *, draws: bool) -> None:
        self._model, self._history, self._wanted = model, history, wanted
        self._notices, self._draws = notices, draws
        self._screen = this_screen("auto")

    def ask(self, turns: list[Turn]) -> int:
        """All of them, or until one has no whole answer; the exit code."""
        runner, setup = self._model.runner, self._model.setup
        assert runner and setup
        images = self._history.images(turns)
        conversation = Conversation()
        for number, turn in enumerate(turns, 1):
            found = tuple(image.attachment(images[image.sha256]) for image in turn.images if image.sha256 in images)
            conversation = conversation._replace(system=turn.system).asking(turn.question, found)
            if self._draws:
                self._notices.question(turn.question)
                stdio.write_answer(b"\n")
            runner.write_json = partial(self._write, turn)
            result = runner(PendingQuestion(conversation, setup.options))
            code = runner.exit_code(result)
            if self._draws and self._wanted.diff and result.text:
                self._show(turn, result)
            if code:
                if number < len(turns):
                    self._notices.error(
                        [f"question {number} of {len(turns)} has no whole answer; the rest is not asked"]
                    )
                return code
            conversation = conversation.answered(result.text, result.finished.items)
        return 0

    def _write(self, turn: Turn, result: AnswerResult, form: Mapping[str, Any]) -> None:
        """For a program."""
        differences = word_diff(turn.answer, result.text) if self._wanted.diff else None
        if not self._wanted.json:
            stdio.write_answer(marked(differences or [], styles=False).rstrip("\n").encode() + b"\n")
            return
        assert self._model.runner
        more: dict[str, object] = {
            "question": turn.question,
            "before": {"provider": turn.provider, "model": turn.model, "text": turn.answer},
        }
        if differences is not None:
            more["diff"] = [each._asdict() for each in differences]
        stdio.write_answer(self._model.runner.as_json(result, {**form, **more}))

    def _show(self, turn: Turn, result: AnswerResult) -> None:
        """On a terminal, under the answer."""
        arrow = "→" if self._screen.unicode else "->"
        name = f"{'/'.join(filter(None, (turn.provider, turn.model))) or 'before'} {arrow} {self._model.name}"
        title = head(name, styles=self._screen.styles, unicode=self._screen.unicode)
        text = marked(word_diff(turn.answer, result.text), styles=self._screen.styles)
        stdio.write_answer(f"\n{title}{text.rstrip()}\n".encode(self._screen.encoding, "replace"))
