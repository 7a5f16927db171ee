"""Each slash command."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping

import pytest

from chatbot.core.calls.steps import MadeCall, Step
from chatbot.core.conversations.resume import Resumed
from chatbot.core.conversations.stored import AmbiguousId, Hit, Piece, Summary
from chatbot.core.errors import ChatError, UsageError
from chatbot.core.events import Usage, Verdict
from chatbot.core.messages import Conversation, Message
from chatbot.core.models.listed import ListedModel
from chatbot.core.options import Options
from chatbot.core.tools.calling import Tool, ToolCall, ToolDefinition, ToolOutput, ToolResult
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.input.dropped import named_image
from chatbot.terminal.input.status_line import Status, status_line
from chatbot.terminal.repl.actions import Attached, Template
from chatbot.terminal.repl.commands import BY_NAME, COMMANDS, NAMES
from chatbot.terminal.repl.state import ReplState
from tests.tables import each
from tests.terminal.pretended import CAT, Pretended, lines_of, outcome, refused

SURFACE = (
    "help exit new model models system template set attach paste tools edit retry continue undo history search resume "
    "save fork export copy usage raw http curl limits"
).split()


def test_the_table_has_every_command_once_and_no_word_for_two() -> None:
    assert sorted(BY_NAME) == sorted(SURFACE)
    words = [word for row in COMMANDS for word in (row.name, *row.aliases)]
    assert len(words) == len(set(words)) == len(NAMES)


@each("columns", [0, 80, 100, 120, 200])
def test_help_lists_every_command_with_its_sentence_and_fits_a_small_terminal(columns: int) -> None:
    session = Pretended(columns=columns)
    session.type("/help")
    for row in COMMANDS:
        assert re.search(rf"/{row.name} .*{re.escape(row.help)}", session.told)
    rows = session.told.splitlines()
    assert max(map(len, rows)) < (columns or 80)
    assert len(rows) <= 24 - len(["a blank row", "the prompt", "the row under it"])
    assert ("/attach [PATH|URL|none]" in session.told) == (columns >= 110)


@each("columns", [20, 40, 60, 79])
def test_help_on_a_narrow_terminal_lists_the_names_and_is_no_taller_than_a_screen(columns: int) -> None:
    session = Pretended(columns=columns)
    session.type("/help")
    assert all(f"/{row.name}" in session.told for row in COMMANDS)
    rows = session.told.splitlines()
    assert max(map(len, rows)) < columns
    assert len(rows) <= 21 or columns < 40


def test_the_groups_of_help_come_one_after_the_other() -> None:
    groups = [row.group for row in COMMANDS]
    assert list(dict.fromkeys(groups)) == [group for group, _ in itertools.groupby(groups)]


def test_help_of_one_command_names_its_other_words() -> None:
    session = Pretended()
    session.type("/help /q", "/help hlep")
    told = lines_of(session.told)
    assert told[:2] == ["/exit: Leaves.", "also: /quit, /q, /bye"]
    assert told[2] == "there is no command hlep"


def test_help_texts_are_one_plain_sentence() -> None:
    for row in COMMANDS:
        assert row.help.endswith(".") and row.help.count(".") == 1 and row.help[0].isupper()


@each("name", sorted(set(SURFACE) - {"exit"}))
@each("argument", ["", "x", "none", "'", "code 9", "@"])
def test_no_command_fails_or_leaves_whatever_stands_after_it(name: str, argument: str) -> None:
    for session in (Pretended(), Pretended(*[refused()] * 9)):
        state = session.type("one", f"/{name} {argument}", "/model still-here")
        assert state.model == "lab/still-here"
        assert "fault of chat" not in session.told
        assert session.told


def test_new_begins_anew_here_and_in_the_history() -> None:
    session = Pretended()
    session.type("one", "/new", "two")
    assert session.texts() == ["two"]
    assert session.called == ["begin_anew"]


def test_retry_asks_the_last_question_again_in_the_place_of_the_first_time() -> None:
    session = Pretended()
    session.type("one", "two", "/retry", "three")
    assert session.texts(2) == ["one", "answer 1", "two"]
    assert session.asks[2].replaces == "answered" and not session.asks[1].replaces
    assert session.texts(3) == ["one", "answer 1", "two", "answer 3", "three"]


@pytest.mark.parametrize(("typed", "shown"), [("/retry", "one\n  and more"), ("/edit", "ONE\n  AND MORE")])
def test_a_question_that_is_asked_again_is_shown(typed: str, shown: str) -> None:
    session = Pretended(edit=str.upper)
    session.type("one\nand more", typed)
    assert f"\n> {shown}\n" in session.told


def test_of_a_long_question_the_beginning_is_shown() -> None:
    session = Pretended()
    session.type("\n".join(map(str, range(20))), "/retry")
    assert session.told.endswith("\n> 0\n  1\n  2\n  3\n  4\n  … and 15 more\n")


DROPPED = {
    "/home/me/cat.png": ["cat.png (4x3)"],
    "'/home/me/my cat.png' ": ["cat.png (4x3)"],
    "/home/me/my cat.png": ["cat.png (4x3)"],
    "/home/me/my\\ cat.png /home/me/notes.md": ["cat.png (4x3)", "/home/me/notes.md (8 characters)"],
}


@each("typed", DROPPED)
def test_files_dropped_on_the_prompt_are_attached_and_nothing_is_asked_yet(typed: str) -> None:
    session = Pretended()
    session.type(typed, "what is it?")
    assert lines_of(session.told)[-len(DROPPED[typed]) :] == DROPPED[typed]
    assert [len(ask.conversation.messages) for ask in session.asks] == [1]
    assert len(session.asks[0].conversation.messages[0].attachments) == 1


@each("typed", ["what is in cat.png?", "(/home/me/cat.png) is what?", "cat.png"])
def test_a_question_that_names_an_image_is_asked_and_told_that_the_model_sees_the_name_only(typed: str) -> None:
    session = Pretended()
    session.type(typed)
    assert session.texts() == [typed]
    assert "shows it the picture" in session.told


@each("text", ["a" * 4_000, "a." * 2_000, "a.png/" * 600, "'" * 4_000, "/a" * 2_000])
def test_a_long_word_is_looked_through_once(text: str) -> None:
    began_s = time.process_time()
    for _ in range(20):
        assert named_image(text, lambda name: False) is None
    assert time.process_time() - began_s < 1.0  # it took up to 14 s


@each("typed", ["is dog.png there?", "/etc", "/home/me/cat.png what is it", "a png"])
def test_names_of_nothing_are_just_words(typed: str) -> None:
    session = Pretended(is_path=lambda name: True)
    session.type(typed)
    assert session.texts() == [typed]


def test_continue_asks_for_the_rest_and_shows_the_whole_where_it_broke_off_in_code() -> None:
    session = Pretended(outcome("```python\nprint(", Verdict.CUT), "1)\n```")
    session.type("code?", "/continue", "thanks")
    assert session.texts(1) == ["code?"]
    assert session.asks[1].continues == "```python\nprint("
    assert session.shown == [("```python\nprint(1)\n```", False)]
    assert session.texts(2) == ["code?", "```python\nprint(1)\n```", "thanks"]


@each(
    ("answers", "said"),
    [
        ([], "there is no answer to go on from"),
        (["whole"], "came to its end"),
        ([outcome("part", Verdict.CUT), refused()], "/retry asks it again"),
    ],
)
def test_continue_says_why_it_cannot(answers: list[object], said: str) -> None:
    session = Pretended(*answers)  # type: ignore[arg-type]
    session.type(*["question"] * len(answers), "/continue")
    assert len(session.asks) == len(answers)
    assert said in session.told


def test_a_continuation_that_fails_shows_nothing_and_can_be_tried_again() -> None:
    session = Pretended(outcome("for", Verdict.LENGTH), refused(), "ty")
    session.type("one", "/continue", "/continue", "two")
    assert session.shown == []
    assert session.texts() == ["one", "forty", "two"]


def test_undo_takes_the_last_question_back() -> None:
    session = Pretended()
    session.type("one", "two", "/undo", "three")
    assert session.texts() == ["one", "answer 1", "three"]
    assert session.called == ["withdraw answered"]
    assert "taken back: two" in session.told and "is now: one" in session.told


def test_undo_without_a_question_takes_nothing_back() -> None:
    session = Pretended()
    session.type("/undo")
    assert session.called == []
    assert "nothing was asked yet" in session.told


def test_edit_asks_what_comes_back_from_the_editor() -> None:
    session = Pretended(edit=lambda text: text.replace("waht", "what"))
    session.type("waht?", "/edit")
    assert session.texts() == ["what?"]
    assert session.asks[-1].replaces == "answered"


@each("back", [None, "question", " \n"])
def test_an_editor_left_without_a_change_asks_nothing(back: str | None) -> None:
    session = Pretended(edit=lambda text: back)
    session.type("question", "/edit")
    assert len(session.asks) == 1
    assert "nothing was changed" in session.told


def test_the_model_is_told_and_changed() -> None:
    session = Pretended()
    state = session.type("/model", "/model slow")
    assert lines_of(session.told) == ["the model is lab/echo", "the model is now lab/slow"]
    assert state.model == "lab/slow"


def test_a_model_that_cannot_be_had_changes_nothing() -> None:
    def choose(name: str) -> str:
        raise UsageError(f"no service has a model {name}")

    session = Pretended(choose_model=choose)
    assert session.type("/model x").model == "lab/echo"
    assert "no service has a model x" in session.told


def test_models_are_listed_by_a_word_in_them() -> None:
    session = Pretended()
    session.type("/models", "/models ECHO")
    assert lines_of(session.told) == [
        "3 models",
        "echo",
        "echo-large",
        "slow",
        "2 models with 'ECHO'",
        "echo",
        "echo-large",
    ]


def test_a_long_list_of_models_says_how_to_narrow_it() -> None:
    session = Pretended(models=lambda: [ListedModel(f"model-{number}") for number in range(300)])
    session.type("/models")
    assert len(session.told.splitlines()) < 70
    assert "and 240 more" in session.told


def test_the_system_prompt_is_told_set_read_from_a_file_and_removed() -> None:
    session = Pretended()
    session.type("/system", "/system Be kind.", "one", "/system @prompt.txt", "two", "/system", "/system none", "three")
    assert [ask.conversation.system for ask in session.asks] == ["Be kind.", "Be brief.", None]
    assert "there is no system prompt" in session.told and "Be brief." in session.told


def test_a_system_prompt_that_cannot_be_read_changes_nothing() -> None:
    session = Pretended()
    session.type("/system Be kind.", "/system @missing.txt", "one")
    assert session.asks[0].conversation.system == "Be kind."
    assert "there is no such file" in session.told


@each(
    ("words", "options"),
    [
        ("temperature 0.2", Options("", temperature=0.2)),
        ("temperature=0.2", Options("", temperature=0.2)),
        ("max-tokens 100", Options("", max_tokens=100)),
        ("stop the end", Options("", stop=("the end",))),
        ("seed -1", Options("", seed=-1)),
        ("reasoning_effort low", Options("", reasoning_effort="low")),
        ("body.top_k 40", Options("", extra={"top_k": 40})),
        ("body.user me and you", Options("", extra={"user": "me and you"})),
        ('body.metadata {"a": [1]}', Options("", extra={"metadata": {"a": [1]}})),
    ],
)
def test_settings_are_sent_and_taken_back(words: str, options: Options) -> None:
    session = Pretended()
    key = words.replace("=", " ").split()[0]
    session.type(f"/set {words}", "one", f"/set {key} none", "two")
    assert [ask.options for ask in session.asks] == [options, Options("")]
    assert f"{key.replace('max-', 'max_')} is not set" in session.told


@each(
    ("words", "said"),
    [
        ("temperature warm", "temperature is a number, for example 0.2, not 'warm'"),
        ("temperature nan", "not 'nan'"),
        ("temperature -1", "not '-1'"),
        ("max_tokens 0", "not '0'"),
        ("max_tokens 1.5", "not '1.5'"),
        ("temprature 1", "Did you mean temperature?"),
        ("top_k 40", "set as body.top_k"),
        ("body. 1", "there is no setting"),
    ],
)
def test_a_wrong_setting_is_told_and_not_set(words: str, said: str) -> None:
    session = Pretended()
    session.type(f"/set {words}", "one")
    assert session.asks[0].options == Options("")
    assert said in session.told


def test_what_the_settings_file_gives_has_its_place_until_something_else_is_set() -> None:
    session = Pretended(places=lambda: {"seed": (3, "config.toml:4")})
    session.type("/set", "/set seed 5", "/set", state=ReplState(options=Options("", seed=3)))
    assert "  seed 3  (config.toml:4)\n" in session.told and session.told.endswith("  seed 5\n")


def test_another_model_has_its_own_usual_options_and_keeps_what_was_set() -> None:
    usual = iter([Options("a", seed=3, temperature=0.5), Options("b", seed=4)])
    session = Pretended(usual_options=lambda: next(usual))
    state = ReplState(options=Options("a", seed=3, temperature=0.9))
    assert session.type("/model b", state=state).options == Options("b", seed=4, temperature=0.9)


def test_what_is_set_is_listed() -> None:
    session = Pretended()
    session.type("/set", "/set seed 7", "/set body.a 1", "/set")
    told = lines_of(session.told)
    assert told[1] == "nothing: the provider's defaults hold"
    assert told[-2:] == ["seed 7", "body.a 1"]


def test_images_and_files_go_with_the_next_question() -> None:
    session = Pretended()
    session.type("/image 'my cat.png'", "/file notes.md", "both?", "next")
    message = session.asks[0].conversation.messages[0]
    assert message == Message("user", "both?\n\nnotes.md:\n```\nsome notes\n```", (CAT,))
    assert session.asks[1].conversation.messages[-1] == Message("user", "next")
    assert "the image was made smaller" in session.told


@each("typed", ["a b.png", "'a b.png'", '"a b.png"', "a\\ b.png"])
def test_a_path_with_blanks_may_be_quoted(typed: str) -> None:
    paths: list[str] = []

    def load(path: str) -> Attached:
        paths.append(path)
        return Attached((CAT,))

    session = Pretended(attach=load)
    session.type(f"/image {typed}")
    assert paths == ["a b.png"]


def test_what_is_attached_is_told_and_dropped() -> None:
    session = Pretended()
    state = session.type("/image cat.png", "/file notes.md", "/image", "/image none")
    assert "cat.png (4x3)" in session.told and "notes.md (10 characters)" in session.told
    assert lines_of(session.told)[-1] == "nothing is attached"
    assert (state.attachments, state.files) == ((), ())


def test_a_file_of_any_kind_goes_with_the_next_question() -> None:
    session = Pretended()
    session.type("/attach report.pdf", "/attach notes.md", "both?")
    message = session.asks[0].conversation.messages[0]
    assert [each.name for each in message.attachments] == ["report.pdf"]
    assert message.text == "both?\n\nnotes.md:\n```\nsome notes\n```"
    assert "report.pdf (application/pdf, 8 bytes)" in session.told


def test_everything_that_is_attached_is_dropped_at_once() -> None:
    session = Pretended()
    state = session.type("/attach report.pdf", "/attach notes.md", "/attach none")
    assert (state.attachments, state.files) == ((), ())


def test_what_is_in_the_clipboard_goes_with_the_next_question() -> None:
    session = Pretended(paste=lambda: Attached(texts=(("the clipboard", "copied"),)))
    session.type("/paste", "what is it?")
    assert session.asks[0].conversation.messages[0].text == "what is it?\n\nthe clipboard:\n```\ncopied\n```"


def test_an_image_that_cannot_be_read_is_told() -> None:
    def load(path: str) -> object:
        raise ChatError(f"cannot read {path}")

    session = Pretended(attach=load)
    assert session.type("/image x").attachments == ()
    assert "cannot read x" in session.told


SKY = Summary("k3m9qx", 10, 20, "why is the sky blue?", 2, "lab", "echo", None, Verdict.CUT)


def test_history_lists_the_newest_conversations() -> None:
    counts: list[int] = []

    def conversations(count: int) -> list[Summary]:
        counts.append(count)
        return [SKY]

    session = Pretended(conversations=conversations)
    session.type("/history", "/history 3", "/history x", "/history 0")
    assert counts == [15, 3]
    assert "k3m9qx  at 20  echo  why is the sky blue? (2 questions, cut)" in lines_of(session.told)
    assert "/history takes a number, not 'x'" in session.told


def test_search_marks_what_was_found() -> None:
    hit = Hit("k3m9qx", 0, 10, "echo", "assistant", (Piece("because of ", False), Piece("Rayleigh", True)))
    session = Pretended(search=lambda words, count: [hit] if words == "ray" else [])
    session.type("/search ray", "/search x", "/search")
    told = lines_of(session.told)
    assert told[1:3] == ["k3m9qx  at 10  answer 1  echo", "because of [Rayleigh]"]
    assert told[3:] == ["nothing has 'x' in it", "/search wants words to look for"]


def test_resume_goes_on_where_another_conversation_stopped_and_shows_that() -> None:
    conversation = Conversation(system="Be brief.").asking("one\ntwo").answered("**part")
    found = (SKY, Resumed(conversation, None, Verdict.CUT, ("the last answer was cut",)))
    session = Pretended(resume=lambda typed: found)
    session.type("before", "/resume k3", "/continue")
    assert (session.texts(), session.asks[-1].continues) == (["one\ntwo"], "**part")
    assert session.asks[-1].conversation.system == "Be brief."
    assert session.shown[0] == ("> one\n> two\n\n**part", False)
    assert "the last answer was cut" in session.told


def test_resume_without_an_id_lists_and_an_ambiguous_one_names_the_candidates() -> None:
    def resume(typed: str) -> tuple[Summary, Resumed]:
        raise AmbiguousId(typed, [SKY])

    session = Pretended(conversations=lambda count: [SKY], resume=resume)
    session.type("one", "/resume", "/resume k", "two")
    assert session.told.count("k3m9qx") == 2
    assert session.texts() == ["one", "answer 1", "two"]


def test_fork_says_the_new_id_and_goes_on() -> None:
    session = Pretended(fork=lambda: "abc123")
    session.type("one", "/fork", "two")
    assert "abc123" in session.told
    assert session.texts() == ["one", "answer 1", "two"]


def test_an_export_is_what_its_name_says() -> None:
    written: dict[str, str] = {}
    session = Pretended("**bold** <tag>", write=written.__setitem__)
    session.type("one", "/export talk.html", "/export talk.JSON")
    page = written["talk.html"].lower()
    assert "<html" in page and "&lt;tag&gt;" in page and "**" not in page
    assert list(written) == ["talk.html"]
    assert "chat logs export --format json" in session.told


def test_save_and_export_write_files() -> None:
    written: dict[str, str] = {}
    session = Pretended("**a**", write=written.__setitem__)
    session.type("/save early.md", "/export early.md", "one", "/save answer.md", "/export 'the talk.md'", "/save")
    assert written == {
        "answer.md": "**a**\n",
        "the talk.md": "## Question\n\none\n\n## Answer\n\n**a**\n",
    }
    assert "there is no answer yet" in session.told and "nothing was said yet" in session.told
    assert "the name of a file is missing" in session.told


def test_copy_takes_the_answer_or_its_code() -> None:
    copied: list[str] = []
    session = Pretended("a\n\n```\none\n```\n\n```\ntwo\n```\n", "no code", copy=copied.append)
    session.type("q", "/copy", "/copy code", "/copy code 1", "/copy code 3", "/copy this", "q", "/copy code")
    assert copied == ["a\n\n```\none\n```\n\n```\ntwo\n```\n", "two\n", "one\n"]
    for said in ("has 2 code blocks, not 3", "/copy takes nothing, code", "has no code block"):
        assert said in session.told


@each("line", ["/history", "/search x", "/resume x", "/fork"])
def test_without_a_history_that_is_said_plainly(line: str) -> None:
    session = Pretended()
    session.type(line)
    assert lines_of(session.told) == ["that is not available: this session keeps no history"]


@each("line", ["/copy", "/save x", "/edit", "/template x"])
def test_what_is_not_there_is_said_plainly(line: str) -> None:
    session = Pretended()
    session.type("one", line)
    assert "that is not available: " in session.told


def test_usage_tells_the_last_answer_and_the_sum() -> None:
    session = Pretended(outcome("a", usage=Usage(1000, 5)), outcome("b", usage=Usage(2000, 7)))
    session.type("/usage", "one", "two", "/usage")
    assert lines_of(session.told) == [
        "no tokens were reported yet",
        "the last answer: tokens: 2.0k in, 7 out",
        "this session:    tokens: 3.0k in, 12 out",
    ]


def test_raw_changes_how_answers_are_shown_and_back() -> None:
    session = Pretended()
    session.type("one", "/raw", "two", "/raw", "three", "/raw on", "/raw on", "four", "/raw maybe", "/raw off", "five")
    assert [ask.raw for ask in session.asks] == [False, True, False, True, False]
    assert "/raw takes on or off, not 'maybe'" in session.told


def test_a_setting_without_a_value_is_told_and_stays() -> None:
    session = Pretended()
    session.type(
        "/set temperature 0.2", "/set temperature", "/set body.top_k 4", "/set body.top_k", "/set top_p 7", "one"
    )
    assert lines_of(session.told)[:4] == ["temperature 0.2", "temperature 0.2", "body.top_k 4", "body.top_k 4"]
    assert "top_p is a number from 0 to 1, not '7'" in session.told
    assert (session.asks[0].options.temperature, session.asks[0].options.top_p) == (0.2, None)


def test_a_template_brings_its_prompt_model_and_options() -> None:
    filled: list[tuple[str, Mapping[str, str]]] = []

    def template(name: str, variables: Mapping[str, str]) -> Template:
        filled.append((name, variables))
        return Template("Translate.", "slow", {"temperature": 0.0}, {"top_k": 40})

    session = Pretended(template=template, templates=lambda: ["translate"])
    session.type(
        "/template", "/set seed 7", "/template translate to='Old German' tone=a=b", "/template translate German", "one"
    )
    assert filled == [("translate", {"to": "Old German", "tone": "a=b"})]
    assert session.asks[0].conversation.system == "Translate."
    options = session.asks[0].options
    assert (options.temperature, options.seed, options.extra) == (0.0, 7, {"top_k": 40})
    assert session.statuses[-1].model == "lab/slow"
    assert "name=value, not 'German'" in session.told


FULL = Status("openai/gpt-5", Usage(12_345, 950), 0.0332, 2, 1, 0.94)


@each(
    ("columns", "line"),
    [
        (5, ""),
        (10, "/help"),
        (13, "openai/gpt-5"),
        (30, "openai/gpt-5   2 attached"),
        (40, "openai/gpt-5   2 attached   13k tokens"),
        (59, "openai/gpt-5   2 attached   13k tokens   3% of the context"),
        (79, "openai/gpt-5   2 attached   13k tokens   3% of the context   last answer 0.9 s"),
        (90, "openai/gpt-5   2 attached   13k tokens   3% of the context   last answer 0.9 s   /help"),
    ],
)
def test_the_line_under_the_prompt_shows_what_fits(columns: int, line: str) -> None:
    assert status_line(FULL, columns, len, in_block=False) == line


def test_a_share_of_the_context_too_small_to_think_of_is_not_shown() -> None:
    assert status_line(Status("m", context_share=0.004, asked_count=3), 80, len, in_block=False) == "m"


def test_the_status_tells_the_conversations_tokens_its_share_of_the_context_and_the_last_answers_time() -> None:
    def answer(count: int) -> AnswerResult:
        return outcome("text", usage=Usage(count, 50))

    session = Pretended(answer(100), answer(350), refused(), answer(50), context_window=lambda: 1000)
    session.type("one", "two", "fails", "/new", "three")
    told = [(status.used.input_tokens, status.context_share, status.asked_count) for status in session.statuses]
    assert told == [(None, 0, 0), (100, 0.15, 1), (450, 0.4, 2), (450, 0.4, 3), (None, 0, 3), (50, 0.1, 4)]


def test_a_question_without_an_answer_leaves_the_time_of_the_last_one() -> None:
    session = Pretended(refused(), "answer")
    session.type("one", "two")
    assert [status.last_took_s for status in session.statuses] == [None, None, 0.0]


def test_the_keys_are_named_until_the_third_question() -> None:
    assert "/help" in status_line(Status("m", asked_count=2), 80, len, in_block=False)
    assert status_line(Status("m", asked_count=3), 80, len, in_block=False) == "m"


def test_the_line_under_the_prompt_in_a_block_and_in_vi() -> None:
    assert status_line(Status("m"), 80, len, in_block=True) == 'm   """ ends the text'
    assert status_line(Status("m"), 80, len, in_block=False, vi_mode="INSERT").startswith("INSERT   m   /help   Ctrl-J")


@each(("count", "words"), [(0, "0"), (999, "999"), (1234, "1.2k"), (34_567, "35k"), (5_600_000, "5.6M")])
def test_tokens_are_counted_briefly(count: int, words: str) -> None:
    line = status_line(Status(used=Usage(count, None)), 80, len, in_block=False)
    assert line.startswith(f"{words} tokens")


def test_a_talk_without_anything_has_a_line_of_keys() -> None:
    assert status_line(Status(), 80, len, in_block=False).startswith("/help   Alt-Enter")
    assert ReplState().model == ""


def test_http_shows_the_last_exchange_in_the_form_that_is_named_and_curl_is_one() -> None:
    session = Pretended(http=lambda form: f"as {form}")
    session.type("/http", "/http Python", "/last", "/curl", "/http perl", "/curl x")
    assert [text for text, _ in session.shown] == ["as http", "as python", "as http", "as curl"]
    assert "there is no form perl" in session.told and "/curl takes nothing" in session.told


def test_without_http_that_is_said() -> None:
    session = Pretended(http=None)
    session.type("/http")
    assert "this session has no HTTP" in session.told


def test_limits_tells_what_was_seen_in_the_room_there_is() -> None:
    session = Pretended(limits=lambda width: [f"row of {width}"] if width > 40 else [])
    session.type("/limits")
    assert lines_of(session.told) == ["row of 73"]
    session = Pretended(limits=lambda width: [])
    session.type("/limits")
    assert "nothing was seen yet" in session.told


WEATHER, TIDES = (
    Tool(ToolDefinition(name, f"Tells the {name}.", {}), lambda arguments, stopped: ToolOutput(""), source="w.py")
    for name in ("weather", "tides")
)


def test_tools_are_listed_and_turned_on_and_off() -> None:
    session = Pretended(tools=(WEATHER, TIDES))
    on = ReplState(options=Options("m", tools=(WEATHER.definition, TIDES.definition)))
    state = session.type("/tools", "/tools weather", "hi", "/tools off", "/tools on", state=on)
    assert lines_of(session.told)[:3] == [
        "the model may call 2 of 2:",
        "on   weather  (w.py)  Tells the weather.",
        "on   tides  (w.py)  Tells the tides.",
    ]
    assert session.asks[0].options.tools == (TIDES.definition,)
    assert "the model may call 0 of 2:" in session.told and state.options.tools == on.options.tools
    session.type("/tools shell", state=on)
    assert "there is no tool 'shell'" in session.told
    none = Pretended()
    none.type("/tools")
    assert "there are no tools in this session" in none.told


def test_what_was_called_before_an_answer_that_was_stopped_is_told_to_the_model_later() -> None:
    call = ToolCall("c", "weather", "{}")
    made = MadeCall(call, True, None, ToolResult("c", "weather", "rain"))
    stopped = outcome("", Verdict.CANCELLED)._replace(steps=(Step("Let me see.", "", (made,)),))
    session = Pretended(stopped, "It rains.")
    state = session.type("Weather?", "go on", "/undo")
    question, called, results = session.asks[1].conversation.messages
    assert (question.text, called.text, called.calls) == ("Weather?", "Let me see.", (call,))
    assert results.text == "go on" and results.results == (ToolResult("c", "weather", "rain"),)
    assert state.conversation.messages[-1].results and not state.conversation.messages[-1].text


def test_a_question_that_is_asked_again_is_asked_without_what_was_called_for_it() -> None:
    made = MadeCall(ToolCall("c", "weather", "{}"), True, None, ToolResult("c", "weather", "rain"))
    session = Pretended(outcome("Rain.")._replace(steps=(Step("", "", (made,)),)))
    session.type("Weather?", "/retry")
    assert session.texts() == ["Weather?"]
