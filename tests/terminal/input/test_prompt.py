"""The prompt: its keys without a terminal, and the whole of it in a pseudo-terminal."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from chatbot.terminal.input.completion import CommandCompleter, Completions
from chatbot.terminal.input.input_line import InputParser
from chatbot.terminal.input.plain_prompt import PlainPrompt
from chatbot.terminal.input.prompt import LineHistory, Prompt, PromptActions, PromptStyle
from chatbot.terminal.input.status_line import Status
from chatbot.terminal.repl.commands import COMMANDS, NAMES
from tests.tables import each
from tests.terminal.typist import (
    ALT_ENTER,
    CTRL_C,
    CTRL_D,
    CTRL_J,
    CTRL_R,
    CTRL_X_CTRL_E,
    ENTER,
    RIGHT,
    TAB,
    UP,
    Typist,
    pasted,
)

READER = InputParser(NAMES, lambda name: False)
ESCAPE = "\x1b"


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


def prompt(
    keyboard: PipeInput,
    lines: LineHistory | None = None,
    edit: Callable[[str], str | None] = str.upper,
    standing: Callable[[], None] = lambda: None,
    *,
    vi: bool = False,
) -> Prompt:
    return Prompt(
        lines or LineHistory(),
        Completions(COMMANDS),
        PromptActions(edit, READER.as_text, standing),
        PromptStyle(vi),
        input=keyboard,
        output=DummyOutput(),
    )


def read(keyboard: PipeInput, keys: str, *, vi: bool = False) -> str:
    press(keyboard, keys)
    return prompt(keyboard, vi=vi)(Status())


def press(keyboard: PipeInput, keys: str) -> None:
    """These keys and no more: a prompt that still waits after them ends with EOFError."""
    keyboard.send_text(keys)
    keyboard.close()


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (f"one{ENTER}", "one"),
        (f"one{CTRL_J}two{ENTER}", "one\ntwo"),
        (f"one{ALT_ENTER}two{ENTER}", "one\ntwo"),
        (f'"""one{ENTER}two"""{ENTER}', '"""one\ntwo"""'),
        (f'"""{ENTER}/exit{ENTER}"""{ENTER}', '"""\n/exit\n"""'),
        (pasted("one\ntwo\n\n  three") + ENTER, "one\ntwo\n\n  three"),
        ("\x1b[200~one\r\ntwo\x1b[201~" + ENTER, "one\ntwo"),
        (pasted("/exit") + ENTER, " /exit"),
        (pasted("exit") + ENTER, " exit"),
        (pasted("/exit\n") + ENTER, " /exit\n"),
        ("/file " + pasted("notes.md") + ENTER, "/file notes.md"),
        (pasted("a") + pasted("/exit") + ENTER, "a/exit"),
        (pasted("tab\there \x1b[31m") + ENTER, "tab\there \x1b[31m"),
        (f"dropped{CTRL_C}", ""),
        (f"text{CTRL_D}{ENTER}", "text"),
    ],
)
def test_keys(keyboard: PipeInput, keys: str, text: str) -> None:
    assert read(keyboard, keys) == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (f"one{CTRL_J}two{ENTER}", "one\ntwo"),
        (f"one{ESCAPE}xx{ENTER}", "o"),
        (f"one{ESCAPE}{ENTER}", "one"),
        (f"one two{ESCAPE}0dw{ENTER}", "two"),
        (pasted("/exit") + ENTER, " /exit"),
        (f"dropped{CTRL_C}", ""),
    ],
)
def test_keys_of_vi(keyboard: PipeInput, keys: str, text: str) -> None:
    assert read(keyboard, keys, vi=True) == text


def at_the_prompt(folder: Path) -> Typist:
    """Somebody in front of the first prompt."""
    person = Typist(folder)
    person.at_the_prompt()
    return person


def test_ctrl_c_on_an_empty_line_is_an_interrupt_and_ctrl_d_the_end(keyboard: PipeInput) -> None:
    keyboard.send_text(CTRL_C + CTRL_D)
    ask = prompt(keyboard)
    for key in (KeyboardInterrupt, EOFError):
        with pytest.raises(key):
            ask(Status())


@pytest.mark.parametrize(("back", "text"), [("from the editor", "from the editor"), (None, "as it is")])
def test_the_editor_changes_the_text_or_leaves_it(keyboard: PipeInput, back: str | None, text: str) -> None:
    def edit(typed: str) -> str | None:
        assert typed == "as it is"
        press(keyboard, ENTER)
        return back

    keyboard.send_text(f"as it is{CTRL_X_CTRL_E}")
    assert prompt(keyboard, edit=edit)(Status()) == text


def test_what_was_typed_is_kept_and_found_again(keyboard: PipeInput) -> None:
    kept: list[str] = []
    ask = prompt(keyboard, LineHistory(lambda: ["newest", "older"], kept.append))
    texts = []
    for keys in (f"one{ENTER}", UP + ENTER, UP * 2 + ENTER, f"{CTRL_R}old{ENTER}{ENTER}"):
        keyboard.send_text(keys)
        texts.append(ask(Status()))
    assert texts == ["one", "one", "newest", "older"]
    assert kept == ["one", "newest", "older"]


def test_a_dropped_line_is_not_kept(keyboard: PipeInput) -> None:
    kept: list[str] = []
    press(keyboard, f"dropped{CTRL_C}")
    prompt(keyboard, LineHistory(append=kept.append))(Status())
    assert kept == []


def test_what_loads_later_loads_once_when_the_prompt_stands(keyboard: PipeInput) -> None:
    standing: list[str] = []
    ask = prompt(keyboard, standing=lambda: standing.append("now"))
    assert standing == []
    for _ in range(2):
        keyboard.send_text(f"one{ENTER}")
        ask(Status())
    assert standing == ["now"]


def offered(typed: str, *, asked: bool = True) -> list[str]:
    async def models() -> Iterable[str]:
        return ["openai/gpt-5", "gpt-5", "claude"]

    def conversations() -> Iterable[tuple[str, str]]:
        raise OSError("the disk is gone")

    offers = Completions(COMMANDS, models, lambda start: [f"{start}.md"], conversations, lambda: ["translate"])
    event = CompleteEvent(completion_requested=asked, text_inserted=not asked)

    async def complete() -> list[str]:
        return [found.text async for found in CommandCompleter(offers).get_completions_async(Document(typed), event)]

    return asyncio.run(complete())


@each(
    ("typed", "completions"),
    [
        ("/mod", ["model", "models"]),
        (".mod", ["model", "models"]),
        ("/qu", ["exit"]),
        ("/model gpt", ["gpt-5", "openai/gpt-5"]),
        ("/m cl", ["claude"]),
        ("/file my notes", ["my notes.md"]),
        ('/image "my cat', ['"my cat.md']),
        ("/set te", ["temperature"]),
        ("/template ", ["translate"]),
        ("/help ed", ["edit"]),
        ("/resume k", []),
        ("/new x", []),
        ("/nothing x", []),
        ("what is /mod", []),
        ("two\n/mod", []),
        ("", []),
    ],
)
def test_what_is_offered(typed: str, completions: list[str]) -> None:
    assert offered(typed) == completions


def test_every_command_is_offered_and_nothing_else_while_one_types() -> None:
    assert offered("/", asked=False) == [row.name for row in COMMANDS]
    assert offered("/model g", asked=False) == []


def test_a_plain_prompt_reads_lines_and_blocks() -> None:
    typed = iter(["one", '"""two', "three", '"""', ""])
    asked: list[str] = []
    standing: list[str] = []

    def input_line(words: str) -> str:
        asked.append(words)
        return next(typed)

    plain = PlainPrompt(input_line, asked.append, lambda: standing.append("now"))
    assert [plain(Status()) for _ in range(3)] == ["one", '"""two\nthree\n"""', ""]
    assert asked == ["\n> ", "\n> ", "  ", "  ", "\n> "]
    assert standing == ["now"]


@pytest.mark.parametrize("key", [EOFError, KeyboardInterrupt])
def test_a_plain_prompt_ends_its_line_when_it_is_left(key: type[BaseException]) -> None:
    def input_line(words: str) -> str:
        raise key

    written: list[str] = []
    with pytest.raises(key):
        PlainPrompt(input_line, written.append, lambda: None)(Status())
    assert written == ["\n"]


# In a pseudo-terminal


def test_a_session_from_its_prompt_to_its_end(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.sees("lab/echo   /help")
    assert (tmp_path / "standing").read_text() == "once"
    person.type("hello", ENTER)
    person.at_the_prompt(2)
    person.sees("1.0k tokens")
    person.type(CTRL_D)
    assert person.leave() == 0
    assert person.screen.rows == ["", "> hello", "answer to 5 characters", "", ">", "left"]
    assert person.asked == ["hello"]


def test_a_paste_of_200_lines_is_one_message(tmp_path: Path) -> None:
    text = "\n".join(["/exit", *(f"line {number}: \tx" for number in range(199))])
    person = at_the_prompt(tmp_path)
    person.type(pasted(text))
    person.sees("line 198")
    assert person.asked == []
    person.type(ENTER)
    person.has_asked(text)
    person.sees("answer to")
    person.type(CTRL_D)
    assert person.leave() == 0
    assert person.screen.rows == [
        "",
        "> /exit",
        *(f"  line {number}:     x" for number in range(7)),
        f"  … and 192 more lines ({len(text)} characters in all)",
        f"answer to {len(text)} characters",
        "",
        ">",
        "left",
    ]


def test_what_stays_of_a_tall_message_is_harmless(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type(pasted("\n".join(["a\x9b2Jb\u202ec\x07", *["line"] * 60])))
    person.sees("line")
    person.type(ENTER)
    person.sees("53 more lines")
    person.leaves(2)
    assert not re.search("[\x9b\u202e\x07]", person.seen.decode())


def test_ctrl_c_drops_the_typed_line_only(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("one", ENTER)
    person.at_the_prompt(2)
    person.type("dropped")
    person.at_the_prompt(2, "dropped")
    person.type(CTRL_C)
    person.at_the_prompt(3)
    person.type("two", ENTER)
    person.has_asked("one", "two")
    person.at_the_prompt(4)
    person.type(CTRL_C)
    person.sees("Ctrl-C again, or Ctrl-D, leaves")
    person.at_the_prompt(5)
    person.type(CTRL_C)
    assert person.leave() == 0


def test_ctrl_c_in_an_answer_and_an_error_lead_back_to_the_prompt(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("slow", ENTER)
    person.sees("the first part")
    person.child.sendintr()
    person.sees("/continue goes on")
    person.at_the_prompt(2)
    person.type("fail", ENTER)
    person.sees("asks for fewer requests")
    person.at_the_prompt(3)
    person.type(UP)
    person.at_the_prompt(3, "fail")
    person.type(ENTER)
    person.at_the_prompt(4)
    person.type("/retry", ENTER)
    person.has_asked("slow", "fail", "fail", "fail")
    person.at_the_prompt(5)
    person.type("exit", ENTER)
    assert person.leave() == 0


def test_ctrl_r_finds_what_an_earlier_session_asked(tmp_path: Path) -> None:
    for number, keys in enumerate((["why is the sky blue", ENTER], [CTRL_R, "sky"])):
        person = Typist(tmp_path)
        person.at_the_prompt()
        person.type(*keys)
        person.sees("> why is the sky blue")
        if number:
            person.sees("search backward: sky")
            person.type(ENTER)
            person.wait_for(lambda: "search backward" not in person.text)  # noqa: B023
            person.type(ENTER)
            person.has_asked("why is the sky blue", "why is the sky blue")
        person.leaves(2)


def test_suggestions_come_from_what_was_typed_before(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text('"why is the sky blue"\n')
    person = at_the_prompt(tmp_path)
    person.type("why")
    person.at_the_prompt(1, "why is the sky blue")
    person.type(RIGHT, ENTER)
    person.has_asked("why is the sky blue")
    person.leaves(2)


def test_the_editor_gets_the_terminal_and_gives_it_back(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("draft", CTRL_X_CTRL_E)
    person.sees("in the editor")
    person.at_the_prompt(1, "DRAFT")
    person.type(ENTER)
    person.has_asked("DRAFT\nedited")
    person.leaves(2)


def test_commands_and_models_are_completed(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("/mod")
    person.completes("Lists the service's models.", "/model")
    person.type(" sl")
    person.wait_for(lambda: "Lists the service's models" not in person.text)
    person.type(TAB)
    person.at_the_prompt(1, "/model slow")
    person.type(ENTER)
    person.sees("the model is now lab/slow")
    person.leaves(2)
    assert person.asked == []


def test_enter_takes_what_is_chosen_in_the_menu_before_it_sends(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("/for")
    person.completes("Goes on in a copy", "/fork")
    person.type(ENTER)
    person.wait_for(lambda: "Goes on in a copy" not in person.text)
    person.type("!")
    person.at_the_prompt(1, "/fork!")
    person.type("\x7f", ENTER)
    person.sees("this session keeps no history")
    person.leaves(2)


@pytest.mark.parametrize("size", [(20, 8), (12, 4)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_narrow_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    person = Typist(tmp_path, columns=size[0], lines=size[1])
    person.at_the_prompt()
    question = "a question that is longer than the row"
    person.type(question, CTRL_J, "and has two lines")
    person.sees("lines")
    person.type(ENTER)
    person.has_asked(f"{question}\nand has two lines")
    person.at_the_prompt()
    person.child.setwinsize(24, 60)
    person.screen.resize(24, 60)
    person.type("wider", ENTER)
    person.has_asked(f"{question}\nand has two lines", "wider")
    person.leaves(2)


COLOUR = (b"\x1b[3", b"\x1b[0;3", b"\x1b[9", b"\x1b[0;9", b"\x1b[48", b"\x1b[38", b";38;", b";48;")


@pytest.mark.parametrize(("words", "no_color"), [((), "1"), (("no-color",), "")], ids=repr)
def test_without_colour(tmp_path: Path, words: tuple[str, ...], no_color: str) -> None:
    person = Typist(tmp_path, *words, NO_COLOR=no_color)
    person.at_the_prompt()
    person.sees("lab/echo")
    person.type("/mo")
    person.sees("Lists the service's models")
    person.type(CTRL_C)
    person.leaves(2)
    assert not [code for code in COLOUR if code in person.seen]


def test_with_colour(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.sees("lab/echo")
    person.type(CTRL_D)
    assert person.leave() == 0
    assert [code for code in COLOUR if code in person.seen]


def test_a_dumb_terminal_gets_no_escape_sequence(tmp_path: Path) -> None:
    person = Typist(tmp_path, "plain", TERM="dumb")
    person.sees(">")
    person.type("hello\r")
    person.sees("answer to 5 characters")
    person.at_the_prompt(2)
    person.type('"""one\r', 'two"""\r')
    person.has_asked("hello", "one\ntwo")
    person.at_the_prompt(3)  # Ctrl-C before it would be one in the answer
    person.is_listened_to()
    person.type(CTRL_C)
    person.sees("leaves")
    person.type(CTRL_D)
    assert person.leave() == 0
    assert b"\x1b" not in person.seen
    assert (tmp_path / "standing").read_text() == "once"


def test_vi_keys_and_their_mode(tmp_path: Path) -> None:
    person = Typist(tmp_path, "vi")
    person.at_the_prompt()
    person.sees("INSERT")
    person.type("one two")
    person.at_the_prompt(1, "one two")
    person.type(ESCAPE)
    person.sees("NAVIGATION")
    person.type("0", "dw", ENTER)
    person.has_asked("two")
    person.leaves(2)


def test_pasted_controls_do_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = "a \x1b]52;c;eA==\x07 \u202e b \u2066 \U000e0041 c \x9b31m\x00"
    person = at_the_prompt(tmp_path)
    person.type(pasted(hostile))
    person.sees(" c ")
    person.type(ENTER)
    person.has_asked(hostile.replace("\0", ""))
    person.leaves(2)
    for obeyed in ("\x1b]", "\x07", "\u202e", "\u2066", "\U000e0041", "\x9b", "\0"):
        assert obeyed.encode() not in person.seen


def test_what_is_typed_during_an_answer_is_read_line_by_line_at_the_next_prompts(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("wait", ENTER)
    person.sees("waiting")
    person.type("typed early", ENTER, "/usage", ENTER, "not ended")
    (tmp_path / "go").touch()
    person.has_asked("wait", "typed early")
    person.at_the_prompt(4, "not ended")
    assert person.asked == ["wait", "typed early"]
    person.type(CTRL_C, CTRL_D)
    assert person.leave() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_at_the_prompt_leaves_the_terminal_in_order(tmp_path: Path, number: signal.Signals) -> None:
    person = at_the_prompt(tmp_path)
    person.type("half a line")
    person.at_the_prompt(1, "half a line")
    person.child.kill(number)
    assert person.leave() == 128 + number


def test_sigint_from_elsewhere_is_ctrl_c(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("dropped")
    person.at_the_prompt(1, "dropped")
    person.child.kill(signal.SIGINT)
    person.leaves(2)
    assert person.asked == []


def test_shift_enter_is_a_new_line_where_the_terminal_tells_it(tmp_path: Path) -> None:
    person = at_the_prompt(tmp_path)
    person.type("one", "\x1b[13;2u", "two", ENTER)
    person.has_asked("one\ntwo")
    person.leaves(2)
