"""Whether a call may be made: what the person sees, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest

from chatbot.core.errors import Cancelled, UsageError
from chatbot.core.tools.calling import Approval, Tool, ToolCall, ToolDefinition, ToolOutput
from chatbot.terminal.notices import Notices
from chatbot.terminal.tools.approval import Person, TerminalApproval, editable
from tests.tables import each

COMMAND = {
    "type": "object",
    "properties": {"command": {"type": "string"}},
    "required": ["command"],
    "additionalProperties": False,
}
KEY = "key-of-the-person"


def tool(name: str = "weather", *, always_asks: bool = False, source: str = "weather.py") -> Tool:
    parameters = COMMAND if name == "shell" else {"type": "object"}
    return Tool(
        ToolDefinition(name, "", parameters), lambda arguments, stopped: ToolOutput(""), always_asks, source=source
    )


SHELL = tool("shell", always_asks=True, source="built in")


def call(arguments: object, name: str = "weather") -> ToolCall:
    return ToolCall("1", name, arguments if isinstance(arguments, str) else json.dumps(arguments))


class Asked:
    """A terminal at which these lines are typed, and an editor that leaves these texts."""

    def __init__(
        self,
        *typed: str | None,
        edits: Iterable[str | Exception | None] = (),
        columns: int = 80,
        colour: bool = False,
        is_unicode: bool = True,
    ) -> None:
        self.screen = ""
        self.edited: list[str] = []
        self._typed, self._edits = iter(typed), iter(edits)
        notices = Notices(self._write, lambda text: text.replace(KEY, "[key]"), colour=colour, columns=lambda: columns)
        self.approve = TerminalApproval(notices, Person(self._answer, self._edit), set(), is_unicode=is_unicode)

    def _write(self, text: str) -> None:
        self.screen += text

    def _answer(self, show: Callable[[], None]) -> str | None:
        show()
        said = next(self._typed)
        self._write(f"{said}\n")
        return said

    def _edit(self, text: str) -> str | None:
        self.edited.append(text)
        found = next(self._edits)
        if isinstance(found, Exception):
            raise found
        return found


def test_the_exact_arguments_are_shown_and_the_answer_is_taken() -> None:
    asked = Asked("y")
    assert asked.approve(call({"city": "Ulm", "days": 3, "deep": {"a": [1, None]}}), tool()) == Approval(True)
    assert asked.screen == (
        "chat: the model wants to call weather (weather.py)\n"
        "  city: Ulm\n"
        "  days: 3\n"
        '  deep: {"a": [1, null]}\n'
        "  y yes, n no (and why), a always weather, e edit > y\n"
    )


def test_a_narrow_screen_has_all_of_it_too() -> None:
    asked = Asked("y", columns=40)
    command = "for i in *; do\n  echo $i is a rather long name for a file\ndone"
    asked.approve(call({"command": command}, "shell"), SHELL)
    assert asked.screen == (
        "chat: the model wants to call shell\n"
        "  command:\n"
        "  │ for i in *; do\n"
        "  │   echo $i is a rather long name \n"
        "  ┆ for a file\n"
        "  │ done\n"
        "  y yes, n no (and why), e edit > y\n"
    )
    asked = Asked("y", columns=40)
    asked.approve(call({}), tool())
    assert asked.screen.endswith("  y yes, n no (and why), a always\n  weather, e edit > y\n")
    asked = Asked("y", columns=32)
    asked.approve(call({}, "shell"), SHELL)
    assert asked.screen.endswith("  y yes, n no (and why), e edit\n  > y\n")


def test_in_an_ascii_locale_nothing_but_ascii_is_written_and_colour_is_a_matter_of_choice() -> None:
    asked = Asked("y", is_unicode=False)
    asked.approve(call({"café": "é\nü"}), tool())
    assert "  caf\\xe9:\n  | \\xe9\n  | \\xfc\n" in asked.screen
    assert asked.screen.isascii()
    assert "\x1b" not in asked.screen
    asked = Asked("y", colour=True)
    asked.approve(call({"city": "Ulm"}), tool())
    assert "\x1b[36mcity: \x1b[0mUlm\n" in asked.screen


@each(
    "hidden",
    ["\x1b[2J\x1b[H", "\r", "\x9b2K", "\u202e", "\u200b", "\u00a0", "\U000e0041", "\x07", "\x1b]0;title\x07", "\x7f"],
)
def test_no_argument_hides_itself_or_draws_on_the_screen(hidden: str) -> None:
    for arguments in (
        {"command": f"ls {hidden} -l"},
        {f"com{hidden}mand": "ls"},
        {"a": [f"{hidden}"]},
        f"no JSON {hidden}",
    ):
        asked = Asked("n", colour=True)
        asked.approve(call(arguments), tool())
        plain = asked.screen.replace("\x1b[1m", "").replace("\x1b[36m", "").replace("\x1b[0m", "").replace("\n", "")
        assert plain.isprintable()
        assert "\\" in plain


def test_no_argument_can_pass_for_a_row_of_this_program() -> None:
    forged = "ls\n  y yes, n no (and why), e edit > y\nchat: all is well\n" + "\n" * 100 + "rm -rf ~"
    asked = Asked("n")
    asked.approve(call({"command": forged}, "shell"), SHELL)
    rows = asked.screen.splitlines()
    assert rows[0] == "chat: the model wants to call shell, with 105 rows of arguments"
    assert [row for row in rows if not row.startswith("  │ ")] == [rows[0], "  command:", rows[-1]]
    assert rows[-2] == "  │ rm -rf ~"


def test_a_text_that_could_be_taken_for_another_value_is_in_quotes() -> None:
    asked = Asked("n")
    asked.approve(call({"a": "5", "b": 5, "c": "true", "d": "", "e": " x ", "f": '"', "g": None}), tool())
    assert '  a: "5"\n  b: 5\n  c: "true"\n  d: ""\n  e: " x "\n  f: "\\""\n  g: null\n' in asked.screen


def test_what_would_run_is_what_is_shown_where_a_name_stands_twice() -> None:
    asked = Asked("n")
    asked.approve(call('{"command": "ls", "command": "rm -rf ~"}', "shell"), SHELL)
    assert "command: rm -rf ~" in asked.screen
    assert "command: ls" not in asked.screen


def test_keys_are_not_shown() -> None:
    asked = Asked("n")
    asked.approve(call({"header": f"Bearer {KEY}"}), tool())
    assert KEY not in asked.screen
    assert "header: Bearer [key]" in asked.screen


@each("word", ["y", "Y", "yes", " yes ", "YES"])
def test_yes_in_each_form(word: str) -> None:
    assert Asked(word).approve(call({}), tool()) == Approval(True)


@each(
    ("typed", "reason"),
    [
        ("n", "the person does not want this call"),
        ("no", "the person does not want this call"),
        (None, "the person does not want this call"),
        ("no, use ls instead", "the person does not want this call: use ls instead"),
        ("n it is too dear", "the person does not want this call: it is too dear"),
    ],
)
def test_no_may_say_why_which_the_model_is_told(typed: str | None, reason: str) -> None:
    assert Asked(typed).approve(call({}), tool()) == Approval(False, reason=reason)


@each("word", ["", "yy", "yes please", "y n", "ok", "always do", "\x1b[A", "e x", "1", "ｙ"])
def test_what_is_no_answer_is_asked_again(word: str) -> None:
    asked = Asked(word, "n")
    assert not asked.approve(call({"city": "Ulm"}), tool()).is_given
    assert asked.screen.count("> ") == 2
    assert asked.screen.count("city: Ulm") == 1


def test_always_holds_for_this_tool_and_no_other() -> None:
    asked = Asked("a", "n", "n")
    assert asked.approve(call({"a": 1}), tool()) == Approval(True)
    shown = asked.screen
    assert asked.approve(call({"a": 2}), tool()) == Approval(True)
    assert asked.screen == shown
    assert not asked.approve(call({}), tool("other")).is_given
    assert not asked.approve(call({}), tool(source="mcp: weather")).is_given  # of the same name


def test_always_does_not_cover_a_shell() -> None:
    asked = Asked("a", "always", "y", "n")
    assert asked.approve(call({"command": "ls"}, "shell"), SHELL) == Approval(True)
    assert "always" not in asked.screen.replace("> always", "")
    assert not asked.approve(call({"command": "ls"}, "shell"), SHELL).is_given


def test_the_arguments_may_be_changed_and_are_shown_again_before_the_yes() -> None:
    asked = Asked("e", "y", edits=['{"command": "ls"}'])
    approval = asked.approve(call({"command": "rm -rf ~"}, "shell"), SHELL)
    assert approval == Approval(True, '{"command": "ls"}')
    assert asked.edited == ['{\n  "command": "rm -rf ~"\n}']
    assert asked.screen.index("command: rm -rf ~") < asked.screen.index("command: ls") < asked.screen.rindex("> y")


def test_what_was_changed_back_or_not_at_all_is_the_models_own() -> None:
    for edits in ([None], ['{"command":\n"ls"}']):
        assert Asked("e", "y", edits=edits).approve(call({"command": "ls"}, "shell"), SHELL) == Approval(True)


@each("wrong", ["{", "[1]", '{"command": 1}', '{"other": "x"}', "null"])
def test_what_was_changed_is_held_against_json_and_the_schema_and_not_lost(wrong: str) -> None:
    asked = Asked("e", "e", "y", edits=[wrong, '{"command": "pwd"}'])
    assert asked.approve(call({"command": "ls"}, "shell"), SHELL) == Approval(True, '{"command": "pwd"}')
    assert asked.edited[1] == wrong
    assert "the arguments " in asked.screen
    asked = Asked("e", "y", edits=[wrong])
    assert asked.approve(call({"command": "ls"}, "shell"), SHELL) == Approval(True)  # y is for what was shown


def test_an_editor_that_cannot_be_started_is_told_and_the_question_stays() -> None:
    asked = Asked("e", "n", edits=[UsageError("the editor vi cannot be started", advice="Set EDITOR to yours.")])
    assert not asked.approve(call({"command": "ls"}, "shell"), SHELL).is_given
    assert "the editor vi cannot be started\n" in asked.screen


def test_the_editor_is_given_what_has_no_look_as_escapes_that_mean_the_same() -> None:
    arguments = json.dumps({"a": "x\u202ey\x1b\u00a0é\n", "b": "\U000e0041"})
    text = editable(arguments)
    assert text.replace("\n", "").isprintable()
    assert "é" in text
    assert json.loads(text) == json.loads(arguments)
    assert editable("no JSON") == "no JSON"


def test_who_stops_at_the_question_stops_the_answer() -> None:
    asked = Asked()

    def stopped(show: Callable[[], None]) -> str | None:
        raise Cancelled("stopped")

    notices = Notices(lambda text: None, str, colour=False)
    with pytest.raises(Cancelled):
        TerminalApproval(notices, Person(stopped, asked._edit), set())(call({}), tool())
