"""A session in a process of its own, with a world that only pretends: python -m tests.terminal.driver FOLDER [WORD...].

What is asked is written to FOLDER/asked as one JSON object a line, the typed lines are kept in FOLDER/lines. Words: vi,
plain, no-color. Questions: "slow" answers in part and waits for Ctrl-C, "wait" until there is a file FOLDER/go,
"fail" is refused.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType

from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import RateLimited
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.core.messages import Image
from chatbot.core.models.listed import ListedModel
from chatbot.core.text import DecodedText
from chatbot.outside.desktop.keyboard import SilentKeyboard
from chatbot.outside.desktop.lost_signals import sending_again
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.input.completion import Completions
from chatbot.terminal.input.input_line import InputParser
from chatbot.terminal.input.plain_prompt import PlainPrompt
from chatbot.terminal.notices import Notices
from chatbot.terminal.repl.actions import Attached, ReplActions
from chatbot.terminal.repl.commands import COMMANDS, NAMES
from chatbot.terminal.repl.loop import converse
from chatbot.terminal.repl.state import ReplState
from chatbot.terminal.screen import IN_ORDER


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class Driver:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stopped = threading.Event()

    def answer(self, ask: PendingQuestion) -> AnswerResult:
        question = ask.conversation.messages[-1].text
        with (self.folder / "asked").open("a") as file:
            file.write(json.dumps([message.text for message in ask.conversation.messages]) + "\n")
        if question == "fail":
            raise RateLimited("the provider asks for fewer requests")
        if question == "slow":
            return self._until_stopped()
        if question == "wait":
            write("waiting\n")
            while not (self.folder / "go").exists():
                time.sleep(0.02)
        text = f"answer to {len(question)} characters"
        write(text + "\n")
        return AnswerResult(text, "", Finished(Verdict.COMPLETE, usage=Usage(1000, 20), has_text=True))

    def _until_stopped(self) -> AnswerResult:
        self.stopped.clear()
        before = signal.signal(signal.SIGINT, self._stop)
        write("the first part\n")
        while not self.stopped.wait(0.02):
            pass
        signal.signal(signal.SIGINT, before)
        return AnswerResult("the first part", "", Finished(Verdict.CANCELLED, has_text=True))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stopped.set()

    def edit(self, text: str) -> str:
        write("in the editor\n")
        return text.upper() + "\nedited"

    def lines(self) -> Iterable[str]:
        path = self.folder / "lines"
        return reversed([json.loads(line) for line in path.read_text().splitlines()]) if path.exists() else ()

    def keep_line(self, typed: str) -> None:
        with (self.folder / "lines").open("a") as file:
            file.write(json.dumps(typed) + "\n")

    def files(self, beginning: str) -> Iterable[str]:
        return [path.name for path in sorted(self.folder.iterdir()) if path.name.startswith(beginning)]

    def image(self, path: str) -> Attached:
        return Attached((Image("image/png", b"", 4, 3, path),))


async def _model_names() -> list[str]:
    return ["echo", "echo-large", "slow"]


def _ended(number: int, frame: FrameType | None) -> None:
    del frame
    raise SystemExit(128 + number)


def main() -> None:
    driver = Driver(Path(sys.argv[1]))
    words = sys.argv[2:]
    sys.unraisablehook = sending_again(sys.unraisablehook)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _ended)
    notices = Notices(write, str, colour=False)
    actions = ReplActions(
        answer=driver.answer,
        choose_model=lambda name: f"lab/{name}",
        models=lambda: list(map(ListedModel, ("echo", "echo-large", "slow"))),
        attach=driver.image,
        read_file=lambda path: DecodedText((driver.folder / path).read_text()),
        is_path=lambda name: Path(name).exists(),
        is_file=lambda name: Path(name).is_file(),
        show=lambda text, raw: write(f"{text}\n"),
        time_words=lambda seconds: f"{seconds:g}",
        clock=lambda: time.monotonic() / 10,  # a slow machine takes its time between two keys
        edit=driver.edit,
    )
    reader = InputParser(NAMES, actions.is_path)
    with nullcontext() if "plain" in words else SilentKeyboard(as_typed=True):
        try:
            converse(_prompt(driver, actions, reader, words), actions, notices, ReplState(model="lab/echo"))
        except SystemExit:  # it may strike where the prompt cannot clean up
            write(IN_ORDER)
            raise
    write("left\n")


def _prompt(driver: Driver, actions: ReplActions, reader: InputParser, words: list[str]):  # type: ignore[no-untyped-def]
    def standing() -> None:
        (driver.folder / "standing").write_text("once")

    if "plain" in words:
        return PlainPrompt(input, write, standing)
    from chatbot.terminal.input.prompt import LineHistory, Prompt, PromptActions, PromptStyle

    return Prompt(
        LineHistory(driver.lines, driver.keep_line),
        Completions(COMMANDS, _model_names, driver.files, lambda: [("k3m9qx", "why is the sky blue")]),
        PromptActions(driver.edit, reader.as_text, standing),
        PromptStyle("vi" in words, "no-color" not in words),
    )


if __name__ == "__main__":
    main()
