"""A world that only pretends, for sessions without a terminal: what is asked and told is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import ChatError, FileUnreadable
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.core.messages import Document, Image
from chatbot.core.models.listed import ListedModel
from chatbot.core.text import DecodedText
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.input.status_line import Status
from chatbot.terminal.notices import Notices
from chatbot.terminal.repl.actions import Attached, ReplActions
from chatbot.terminal.repl.loop import asking_first, converse
from chatbot.terminal.repl.state import ReplState

CAT = Image("image/png", b"cat", 4, 3, "cat.png")


def outcome(text: str, verdict: Verdict = Verdict.COMPLETE, usage: Usage | None = None) -> AnswerResult:
    return AnswerResult(text, "", Finished(verdict, usage=usage, has_text=bool(text)))


class Pretended:
    """`answers` are given out in turn: texts, outcomes, exceptions to raise; then "answer 1", "answer 2" and so on."""

    def __init__(self, *answers: str | AnswerResult | BaseException, columns: int = 0, **replaced: Any) -> None:
        self.answers = list(answers)
        self.asks: list[PendingQuestion] = []
        self.told = ""
        self.shown: list[tuple[str, bool]] = []
        self.called: list[str] = []
        self.files = {"notes.md": "some notes", "prompt.txt": "Be brief.", "/home/me/notes.md": "my notes"}
        self.now_s = 100.0
        self.notices = Notices(self._write, str, colour=False, columns=lambda: columns)
        functions = {
            "answer": self._answer,
            "choose_model": lambda name: f"lab/{name}",
            "models": lambda: list(map(ListedModel, ("echo", "echo-large", "slow"))),
            "attach": self._attach,
            "read_file": self._read_file,
            "is_path": lambda name: name == "/etc",
            "is_file": lambda name: name in ("/home/me/cat.png", "/home/me/my cat.png", "cat.png", "/home/me/notes.md"),
            "show": lambda text, raw: self.shown.append((text, raw)),
            "time_words": lambda seconds: f"at {seconds:g}",
            "clock": lambda: self.now_s,
            "begin_anew": self._noted("begin_anew"),
            "withdraw": lambda last_is: self.called.append(f"withdraw {last_is}"),
        }
        self.actions = ReplActions(**{**functions, **replaced})

    def _attach(self, path: str) -> Attached:
        """An image, a document or text, by its name."""
        if path.endswith(".png"):
            return Attached((CAT,), remarks=("the image was made smaller",))
        if path.endswith(".pdf"):
            return Attached((Document("application/pdf", b"%PDF-1.7", path),))
        return Attached(texts=((path, self._read_file(path).text),))

    def type(
        self, *lines: str | type[BaseException], state: ReplState | None = None, first: str | None = None
    ) -> ReplState:
        """A session in which these lines are typed (or keys pressed that raise), and then Ctrl-D."""
        typed = iter(lines)
        opening = asking_first(first) if first is not None else None
        self.statuses: list[Status] = []

        def read_line(status: Status) -> str:
            self.statuses.append(status)
            line = next(typed, EOFError)
            if not isinstance(line, str):
                raise line
            return line

        return converse(read_line, self.actions, self.notices, state or ReplState(model="lab/echo"), opening)

    def texts(self, number: int = -1) -> list[str]:
        """What was sent with one of the questions."""
        return [message.text for message in self.asks[number].conversation.messages]

    def _answer(self, ask: PendingQuestion) -> AnswerResult:
        self.asks.append(ask)
        answer = self.answers.pop(0) if self.answers else f"answer {len(self.asks)}"
        if isinstance(answer, BaseException):
            raise answer
        return outcome(answer) if isinstance(answer, str) else answer

    def _read_file(self, path: str) -> DecodedText:
        if path not in self.files:
            raise FileUnreadable(f"cannot read {path}: there is no such file")
        return DecodedText(self.files[path])

    def _write(self, text: str) -> None:
        self.told += text

    def _noted(self, name: str) -> Callable[[], None]:
        return lambda: self.called.append(name)


def refused(message: str = "the provider asks for fewer requests") -> ChatError:
    return ChatError(message)


def lines_of(told: str) -> Sequence[str]:
    """What was told, without the program's name in front."""
    return [line.removeprefix("chat:").strip() for line in told.splitlines()]
