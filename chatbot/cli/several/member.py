"""One of several models: who it is, how it is asked, or why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from chatbot.cli.ask import inputs
from chatbot.cli.ask.recorder import HistoryRecorder
from chatbot.cli.ask.runner import AnswerRunner
from chatbot.cli.ask.setup import Asking, Setup
from chatbot.cli.ask.structured.wanted import check_taken
from chatbot.cli.ask.target import Wanted, choose_target
from chatbot.cli.route import chosen_route
from chatbot.cli.settings.loading import settings_of
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import ChatError
from chatbot.core.events import Event
from chatbot.layers.fan_out import failing
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.streams import is_terminal
from chatbot.records import NamedTuple
from chatbot.session import Sleep

if TYPE_CHECKING:
    from chatbot.providers.choice import ModelTarget


class AskedModel(NamedTuple):
    """`name` is how it is called here, unlike any other. `pending` is its question; where it cannot be asked there is
    neither that nor who asks, but an error.
    """

    name: str
    setup: Setup | None = None
    runner: AnswerRunner | None = None
    pending: PendingQuestion | None = None
    error: ChatError | None = None

    def events(self) -> Callable[[Sleep], Iterator[Event]]:
        """What asks it. A key that cannot be had is an answer that failed."""
        error = self.error
        if self.runner and self.pending:
            try:
                return self.runner.prepared(self.pending)
            except ChatError as fault:
                error = fault
        assert error is not None
        return failing(error)

    def stop(self) -> None:
        """Ends what it waits for."""
        if self.runner:
            self.runner.stop()


def asked_models(asking: Asking) -> list[AskedModel]:
    """Those that were named, in their order. Raises what is wrong with all of them alike."""
    keyboard = SilentKeyboard()
    models: list[AskedModel] = []
    for word in asking.arguments.who.models:
        try:
            model = _asked_model(asking, word, keyboard)
        except ChatError as error:
            model = AskedModel(word, error=error)
        taken = [other.name for other in models]
        number = next(number for number in range(1, len(taken) + 2) if _numbered(model.name, number) not in taken)
        models.append(model._replace(name=_numbered(model.name, number)))
    if len({str(model.error) for model in models}) == 1 and models[0].error:
        raise models[0].error
    return models


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"


def _asked_model(asking: Asking, word: str, keyboard: SilentKeyboard) -> AskedModel:
    said, notices = asking.arguments, asking.notices
    usual = said.settled(said.settings.top)
    wanted = Wanted(is_dry=said.http.replay is not None, with_key=False)
    target = choose_target(
        said.who.asking(said.who.provider, word), usual.connection, asking.open_things, wanted, said.settings
    )
    notices.hide(target.secrets)
    if is_terminal(2):
        for remark in target.remarks:
            notices.warn(remark)
    arguments = said.settled(settings_of(said.settings, target.service, target.model))
    check_taken(arguments.schema, target.service, notices)
    recorder = HistoryRecorder(notices, off=arguments.kept.no_log, beside=asking.recorder)
    recorder.forks = asking.recorder.conversation_id
    route = chosen_route(arguments.connection, notices)
    setup = Setup(
        arguments,
        asking.fields,
        target,
        recorder,
        notices,
        asking.open_things,
        asking.files,
        route,
        receipt=asking.receipt,
    )
    system = asking.conversation.system or inputs.system(arguments.how, notices)
    attached = inputs.attachments(arguments.asked, target, notices)
    conversation = inputs.continued(
        asking.conversation._replace(system=system), asking.text or "", attached, arguments.kept.truncate, notices
    )
    pending = PendingQuestion(conversation, setup.options, arguments.shown.raw)
    return AskedModel(_name(target), setup, AnswerRunner(setup, keyboard), pending)


def _name(target: ModelTarget) -> str:
    """As -m takes it."""
    return f"{target.service.name}/{target.model}" if target.model else target.service.name
