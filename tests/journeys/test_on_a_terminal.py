"""`chat` in a real pseudo-terminal, its output on the screen of an emulator: what a person sees and how it is left."""

from __future__ import annotations

import json
import re
import signal
import socket
import termios
from pathlib import Path
from typing import Any

import pexpect
import pytest
from PIL import Image as Picture

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, COMMAND, KEYS, at, environment, run
from tests.tables import each
from tests.terminal.watched import Watched

SIZES = [(80, 24), (31, 9), (100, 40)]


class Person(Watched):
    """Somebody at a terminal who runs one command, types, and looks."""

    def __init__(self, words: list[str], home: Path, columns: int = 80, lines: int = 24, **variables: str) -> None:
        env = environment(home, **{"TERM": "xterm-256color", **KEYS, **variables})
        child = forked.start_on_terminal([*CHAT, *words], env, home, dimensions=(lines, columns), timeout=10)
        super().__init__(child, columns, lines)

    def wait_for_text(self, text: str) -> None:
        self.wait_for(lambda: text in "\n".join(self.screen.rows))

    def wait_for_prompt(self, number: int = 1) -> None:
        """Waits until the prompt stands for the `number`th time: each time it switches bracketed paste on."""
        self.wait_for(lambda: self.seen.count(b"\x1b[?2004h") >= number)

    def asks(self, text: str, answer: str, next_prompt: int) -> None:
        """Types a question, and waits for what must be seen and the prompt after it."""
        self.child.send(f"{text}\r")
        self.wait_for_text(answer)
        self.wait_for_prompt(next_prompt)

    def leaves(self, prompt: int) -> None:
        """Ctrl-D at the prompt, when it stands for that time, ends the session well."""
        self.wait_for_prompt(prompt)
        self.child.send("\x04")
        assert self.leave() == 0

    @property
    def rows(self) -> list[str]:
        return self.screen.rows

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.child.child_fd)[3] & termios.ECHO)


def ask(
    server: LabServer, home: Path, scenario: str, *words: str, size: tuple[int, int] = (80, 24), **env: Any
) -> Person:
    return Person([*at(server.url), "-m", scenario, *words, "hi"], home, *size, **env)


@each("size", SIZES)
def test_an_answer_is_rendered_and_the_terminal_left_as_it_was(
    server: LabServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    server.will_answer(text="# Title\n\nSome **bold** and `code`.\n\n- one\n- two")
    person = ask(server, tmp_path, "echo", size=size)
    assert person.leave() == 0
    assert person.rows == ["Title", "", "Some bold and code.", "", "• one", "• two"]
    assert person.screen.at_start_of_empty_row


@each("size", SIZES)
def test_an_answer_taller_than_the_screen_is_whole_in_the_scrollback(
    server: LabServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    server.will_answer(text="\n".join(f"{number}. step {number}" for number in range(1, 121)))
    person = ask(server, tmp_path, "echo", size=size)
    assert person.leave() == 0
    assert [row.strip() for row in person.rows] == [f"{number}. step {number}" for number in range(1, 121)]


def test_nothing_hostile_reaches_the_terminal(server: LabServer, tmp_path: Path) -> None:
    controls = "".join(chr(code) for code in [*range(32), *range(127, 160)] if chr(code) not in "\n\t")
    server.will_answer(
        text=f"a {controls} b \x1b]52;c;eA==\x07 \u202e c [bank](http://evil.example) [bold]x[/] :smile:"
    )
    person = ask(server, tmp_path, "echo")
    assert person.leave() == 0
    text = " ".join(person.rows)
    for shown in ("␛", "evil.example", "[bold]x[/]", ":smile:"):
        assert shown in text
    for obeyed in (b"\x07", b"\x1b]", "\u202e".encode(), b"\x1bP", "\x9b".encode()):
        assert obeyed not in person.seen


@each("size", [*SIZES, (12, 8)])
def test_ctrl_c_in_an_answer_keeps_it_and_exits_with_130(
    server: LabServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    person = ask(server, tmp_path, "hang-in-stream", size=size)
    person.wait_for_text("The lab")
    person.child.sendintr()
    assert person.leave() == 130
    assert " ".join(person.rows).startswith("The lab")
    assert "".join(person.rows).endswith("chat: stopped")
    assert person.screen.at_start_of_empty_row


def test_waiting_is_shown_and_leaves_no_trace(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "hang-before-headers")
    person.wait_for_text("waiting for hang-before-headers")
    person.child.sendintr()
    assert person.leave() == 130
    assert person.rows == ["chat: stopped"]


def test_a_retry_counts_down_and_leaves_no_trace(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "rate-limited")
    person.wait_for_text("trying again in")
    assert person.leave() == 0
    assert person.rows == ["This time everything is fine."]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_leave_the_terminal_in_order(server: LabServer, tmp_path: Path, number: int) -> None:
    person = ask(server, tmp_path, "hang-in-stream")
    person.wait_for_text("The lab sends")
    person.child.kill(number)
    assert person.leave() == 128 + number
    assert person.rows[0].startswith("The lab sends")


def test_typing_during_an_answer_does_not_disturb_it(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "hang-in-stream")
    person.wait_for_text("The")
    assert not person.echoes
    person.child.send("typed too early")
    person.look(0.1)
    person.child.send("\x03")
    assert person.leave() == 130
    assert "typed" not in " ".join(person.rows)


def test_after_ctrl_z_the_answer_goes_on_where_it_was(server: LabServer, tmp_path: Path) -> None:
    # A process that leads its terminal's session, as here, cannot be stopped: it goes on at once.
    person = ask(server, tmp_path, "hang-in-stream")
    person.wait_for_text("The lab sends")
    person.child.send("\x1a")
    person.look(0.3)
    person.wait_for(lambda: not person.echoes)  # the terminal is given back for a moment
    person.child.send("\x03")
    assert person.leave() == 130
    assert " ".join(person.rows).count("The lab sends") == 1


@pytest.mark.parametrize("after", [(40, 20), (100, 30), (80, 12)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_resize_in_the_middle_loses_nothing(server: LabServer, tmp_path: Path, after: tuple[int, int]) -> None:
    person = ask(server, tmp_path, "slow")
    person.wait_for_text("The lab")
    person.child.setwinsize(after[1], after[0])
    person.screen.resize(after[1], after[0])
    assert person.leave() == 0
    assert " ".join(" ".join(person.rows).split()).endswith("to see, to stop and to break.")


@each("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@each("scenario", ["markdown", "wrong-key", "reasoning", "cut"])
def test_no_escape_sequence_where_none_is_wanted(
    server: LabServer, tmp_path: Path, scenario: str, variables: dict[str, Any]
) -> None:
    person = ask(server, tmp_path, scenario, **variables)
    person.leave()
    assert person.rows
    assert b"\x1b" not in person.seen


@each("size", [*SIZES, (12, 8)])
def test_a_streamed_file_ends_as_the_same_file_in_one_piece(tmp_path: Path, size: tuple[int, int]) -> None:
    from tests.terminal.texts import TEXTS

    text = "\n\n".join(list(TEXTS.values())[:12])
    (tmp_path / "text.md").write_bytes(text.encode("utf-8", "surrogatepass").replace(b"\x00", b""))
    words = ["lab", "render", "text.md"]
    whole, streamed = (
        Person(words, tmp_path, *size),
        Person([*words, "--seed", "1", "--rate", "50000"], tmp_path, *size),
    )
    assert (whole.leave(), streamed.leave()) == (0, 0)
    assert streamed.rows == whole.rows
    assert len(whole.rows) > size[1]


def test_forced_colours_into_a_pipe_are_rows_that_never_move(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="# Title\n\n**bold**\n")
    result = run(*at(server.url), "-m", "echo", "hi", home=tmp_path, **KEYS, FORCE_COLOR="1")
    assert re.sub(r"\x1b\[[\d;]*m", "", result.text) == "Title\n\nbold\n"
    assert "\x1b[" in result.text
    assert not re.search(r"\x1b\[[\d;?]*[^\d;?m]", result.text)


def test_forced_colours_into_a_pipe_are_the_answer_alone(server: LabServer, tmp_path: Path) -> None:
    result = run(*at(server.url), "-m", "reasoning", "hi", "--show-thinking", home=tmp_path, **KEYS, FORCE_COLOR="1")
    plain = run(*at(server.url), "-m", "reasoning", "hi", home=tmp_path, **KEYS)
    assert " ".join(re.sub(r"\x1b\[[\d;]*m", "", result.text).split()) == " ".join(plain.text.split())


def test_a_terminal_without_utf8_gets_signs_it_knows(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="- one 日本\n\n> quoted")
    person = ask(server, tmp_path, "echo", PYTHONIOENCODING="ascii")
    assert person.leave() == 0
    assert all(byte < 128 for byte in person.seen)
    assert "one ??" in person.rows[0]


def test_show_thinking_keeps_the_reasoning(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "reasoning", "--show-thinking")
    assert person.leave() == 0
    assert person.rows[-1].startswith("Forty-two")
    assert person.rows[0].startswith("│ ")
    assert not person.rows[0].startswith("│ reasoned")


def test_beside_raw_text_the_reasoning_has_its_bar_and_no_style_where_none_is_wanted(
    server: LabServer, tmp_path: Path
) -> None:
    person = ask(server, tmp_path, "reasoning", "--raw", "--color", "never")
    assert person.leave() == 0
    assert (person.rows[0][:2], person.rows[-1]) == ("│ ", "Forty-two.")
    assert b"\x1b[2" not in person.seen


def test_raw_shows_the_text_as_it_is_but_harmless(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="**bold** \x1b[31m")
    person = ask(server, tmp_path, "echo", "--raw")
    assert person.leave() == 0
    assert person.rows == ["**bold** ␛[31m"]


def test_an_error_is_told_under_what_came(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "cut")
    assert person.leave() == 74
    assert person.rows[0].startswith("The lab sends")
    assert "what came is above" in " ".join(person.rows)


def test_reasoning_becomes_one_row(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "reasoning")
    assert person.leave() == 0
    assert person.rows[0].startswith("│ reasoned")
    assert person.rows[-1].startswith("Forty-two")


def test_hidden_reasoning_leaves_nothing(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "reasoning", "-R")
    assert person.leave() == 0
    assert person.rows[0].startswith("Forty-two")


def test_an_answer_into_a_pipe_shows_its_wait_on_the_terminal(server: LabServer, tmp_path: Path) -> None:
    command = " ".join([*COMMAND, *at(server.url), "-m", "slow", "hi"])
    person = Person([], tmp_path)
    person.child.close(force=True)
    env = environment(tmp_path, **KEYS, TERM="xterm")
    person.watch(pexpect.spawn("sh", ["-c", f"{command} | tail -c 7"], env=env))
    assert person.leave() == 0
    assert person.rows[-1] == "break."


def test_the_session_keeps_the_conversation_and_survives_errors(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path)
    person.wait_for_prompt()
    server.will_answer(text="First answer.")
    person.asks("one", "First answer.", 2)
    server.will_answer(status=401)
    person.asks("two", "rejected the key", 3)
    server.will_answer(text="Second answer.")
    person.child.send("three\r")
    person.wait_for_text("Second answer.")
    assert [message["content"] for message in server.requests[-1].json["messages"]] == ["one", "First answer.", "three"]
    person.wait_for_prompt(4)
    person.child.sendintr()  # drops only the typed line
    person.child.send("\x04")
    assert person.leave() == 0


def test_ctrl_c_in_the_session_returns_to_the_prompt_with_the_part_kept(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "hang-in-stream"], tmp_path)
    person.wait_for_prompt()
    person.child.send("one\r")
    person.wait_for_text("The lab sends")
    person.child.sendintr()
    person.wait_for_text("stopped")
    person.wait_for_prompt(2)
    server.will_answer(text="Second answer.")
    person.asks("two", "Second answer.", 3)
    part = server.requests[-1].json["messages"][1]["content"]
    assert part.startswith("The lab sends")
    person.child.send("exit\r")
    assert person.leave() == 0


def test_a_signal_at_the_prompt_leaves_the_terminal_in_order(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path)
    person.wait_for_prompt()
    person.child.kill(signal.SIGTERM)
    assert person.leave() == 143
    assert person.seen.rfind(b"\x1b[?2004l") > person.seen.rfind(b"\x1b[?2004h")


def test_interactive_answers_the_question_and_stays(server: LabServer, tmp_path: Path) -> None:
    server.will_answer(text="First answer.")
    person = Person([*at(server.url), "-m", "echo", "-i", "one"], tmp_path)
    person.wait_for_text("First answer.")
    server.will_answer(text="Second answer.")
    person.wait_for_prompt()
    person.asks("two", "Second answer.", 2)
    assert [message["content"] for message in server.requests[-1].json["messages"]] == ["one", "First answer.", "two"]
    person.child.send("\x04")
    assert person.leave() == 0


@pytest.mark.parametrize(("term", "aside"), [("xterm-256color", ""), ("xterm-256color", "2> aside"), ("dumb", "")])
def test_a_session_with_its_output_in_a_file_prompts_on_the_terminal(tmp_path: Path, term: str, aside: str) -> None:
    command = " ".join([*COMMAND, "-n", "-m", "lab/echo", "> answers", aside])
    person = Person([], tmp_path, TERM=term)
    person.child.close(force=True)
    env = environment(tmp_path, TERM=term)
    person.watch(pexpect.spawn("sh", ["-c", command], env=env, cwd=str(tmp_path)))
    person.child.delaybeforesend = None
    person.wait_for_text(">")
    person.child.send("what stands in the file?\r")
    person.wait_for(lambda: (tmp_path / "answers").read_text() == "what stands in the file?\n")
    person.wait_for(lambda: sum(row.startswith(">") for row in person.rows) == 2)
    person.child.send("/quit\r")
    assert person.leave() == 0
    assert (tmp_path / "answers").read_text() == "what stands in the file?\n"
    if aside:
        assert (tmp_path / "aside").read_text().strip() == ""


def test_a_piped_question_may_be_followed_by_a_session(server: LabServer, tmp_path: Path) -> None:
    command = " ".join([*COMMAND, *at(server.url), "-m", "echo", "-i"])
    person = Person([], tmp_path)
    person.child.close(force=True)
    env = environment(tmp_path, **KEYS, TERM="xterm")
    person.watch(pexpect.spawn("sh", ["-c", f"echo piped | {command}"], env=env, cwd=str(tmp_path)))
    person.wait_for_text("piped")
    person.wait_for_prompt()
    person.child.send("typed\r")
    person.wait_for(lambda: len(server.requests) == 2)
    person.leaves(2)


def test_a_session_goes_on_with_another_model_and_finds_what_was_said(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path)
    person.wait_for_prompt()
    person.child.send("penguins\r")
    person.wait_for_prompt(2)
    assert person.rows.count("penguins") == 1
    person.asks("/model lab-anthropic/echo", "the model is now lab-anthropic/echo", 3)
    person.asks("/search penguin", "[penguin]s", 4)
    person.asks("/nope", "there is no command /nope", 5)
    person.child.send("/exit\r")
    assert person.leave() == 0
    assert len(server.requests) == 1


def test_every_slash_command_does_what_it_says(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("NOTES")
    (tmp_path / "role.txt").write_text("Be a pirate.")
    Picture.new("RGB", (4, 4)).save(tmp_path / "dot.png")
    assert run("-s", "Speak $lang.", "--save-template", "tr", home=tmp_path).code == 0
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nprintf 'edited question' > \"$1\"\n")
    editor.chmod(0o755)
    person = Person([*at(server.url), "-m", "echo"], tmp_path, 100, 40, EDITOR=str(editor), PATH="/usr/bin:/bin")

    def say(typed: str, shows: str) -> None:
        before = len(person.seen)
        person.child.send(typed + "\r")
        person.wait_for(lambda: shows.encode() in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", person.seen[before:]))
        person.wait_for(lambda: person.seen.rfind(b"\x1b[?2004h") > before)  # the prompt stands again

    person.wait_for_prompt()
    say("/help", "Ctrl-D: leaves")
    say("first question", "first question")
    say("/usage", "2 in")
    say("/retry", "first question")
    say("/edit", "edited question")
    say("/undo", "taken back")
    say("/system @role.txt", "system prompt")
    say("/set temperature 0.5", "temperature")
    say("/image dot.png", "dot.png")
    say("/file notes.txt", "notes.txt")
    say("look at these", "look at these")
    body = server.requests[-1].json
    assert body["messages"][0] == {"role": "system", "content": "Be a pirate."}
    assert body["temperature"] == 0.5
    assert body["messages"][-1]["content"][0]["type"] == "image_url"
    assert "NOTES" in body["messages"][-1]["content"][-1]["text"]
    say("/template tr lang=French", "tr")
    say("/models gui", "guide")
    say("/model", "echo")
    say("/raw", "as they are")
    say("/raw", "Markdown")
    say("/save answer.md", "answer.md")
    say("/export talk.md", "talk.md")
    say("/fork", "copy")
    say("/history", "first question")
    say("/search look", "[look]")
    say("/copy", "clipboard")
    say("/continue", "came to its end")
    say("/new", "a new conversation")
    say("/resume", "first question")
    assert "NOTES" in (tmp_path / "answer.md").read_text()
    assert "look at these" in (tmp_path / "talk.md").read_text()
    person.child.send("/exit\r")
    assert person.leave() == 0


def test_a_server_that_hangs_at_its_models_holds_no_prompt(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        person = Person([*at(f"http://127.0.0.1:{hanging.getsockname()[1]}"), "-m", "x"], tmp_path)
        person.wait_for_prompt()
        person.child.send("/model \t")
        with hanging.accept()[0]:
            person.child.send("\x15exit\r")
            assert person.leave() == 0


def test_an_editor_that_fails_costs_nothing_that_was_typed(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path, 100, EDITOR="false")
    person.wait_for_prompt()
    person.child.send("half a question\x18\x05")
    person.wait_for_text("the editor false ended with an error")
    person.wait_for(lambda: person.rows[-1] == "> half a question" or "> half a question" in person.rows)
    person.child.send("\r")
    person.wait_for(lambda: bool(server.requests))
    assert server.requests[-1].json["messages"][-1]["content"] == "half a question"
    person.wait_for(lambda: person.rows[-1:] == [">"] or ">" in person.rows)
    person.child.send("\x04")
    assert person.leave() == 0
    assert "Traceback" not in person.seen.decode()


def test_what_is_taken_back_on_the_screen_is_taken_back_in_the_history(server: LabServer, tmp_path: Path) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path, 100, 40)
    person.wait_for_prompt()
    for number, (line, shown) in enumerate(
        [
            ("one", "one"),
            ("/model wrong-key", "wrong-key"),
            ("failing", "/retry asks it again"),
            ("/model echo", "is now"),
            ("/undo", "taken back: failing"),
            ("/undo", "taken back: one"),
        ]
    ):
        person.child.send(line + "\r")
        person.wait_for_text(shown)
        person.wait_for_prompt(number + 2)
    person.child.send("\x04")
    assert person.leave() == 0
    assert run(*at(server.url), "-m", "echo", "-c", "two", home=tmp_path, **KEYS).text == "two\n"
    assert [message["content"] for message in server.requests[-1].json["messages"]] == ["two"]


def test_an_answer_that_goes_on_is_one_answer_everywhere(server: LabServer, tmp_path: Path) -> None:
    chunk = b'data: {"choices": [{"delta": {"content": "The answer is forty-"}, "finish_reason": "length"}]}'
    server.will_answer(headers={"Content-Type": "text/event-stream"}, body=chunk + b"\n\ndata: [DONE]\n\n")
    server.will_answer(text="two.")
    person = Person([*at(server.url), "-m", "any"], tmp_path, 100, 40)
    person.wait_for_prompt()
    person.asks("what is it?", "/continue goes on", 2)
    person.asks("/continue", "two.", 3)
    person.child.send("\x04")
    assert person.leave() == 0
    assert run("-c", *at(server.url), "-m", "echo", "and?", home=tmp_path, **KEYS).code == 0
    assert [message["content"] for message in server.requests[-1].json["messages"]] == [
        "what is it?",
        "The answer is forty-two.",
        "and?",
    ]
    exported = run("logs", "export", home=tmp_path).text
    assert "The answer is forty-two." in exported and "broke off" not in exported


def test_a_conversation_gone_on_with_shows_where_it_stopped(server: LabServer, tmp_path: Path) -> None:
    assert run(*at(server.url), "-m", "echo", "about penguins", home=tmp_path, **KEYS).code == 0
    person = Person([*at(server.url), "-m", "echo", "-c"], tmp_path, 100, 40)
    person.wait_for_text(": about penguins")
    person.wait_for_text("▌ about penguins")
    person.wait_for_prompt()
    person.child.send("\x04")
    assert person.leave() == 0


@pytest.mark.parametrize(("variables", "bold"), [({}, b"\x1b[1mWho answers\x1b[0m\r\n"), ({"NO_COLOR": "1"}, b"\r\n")])
def test_headings_of_the_help_are_bold_and_rows_fit(tmp_path: Path, variables: dict[str, str], bold: bytes) -> None:
    person = Person(["--help"], tmp_path, columns=40, lines=200, COLUMNS="120", **variables)
    assert person.leave() == 0
    assert bold in person.seen and (b"\x1b" in person.seen) == (not variables)
    written = re.sub(rb"\x1b\[\d*m", b"", person.seen).decode().splitlines()
    assert [row.rstrip() for row in person.rows if row.strip()] == [line for line in written if line]


def test_fork_goes_on_in_a_copy_whose_id_it_tells_and_the_first_conversation_stays(
    server: LabServer, tmp_path: Path
) -> None:
    person = Person([*at(server.url), "-m", "echo"], tmp_path)
    person.wait_for_prompt()
    person.asks("one", "one", 2)
    person.asks("/fork", "this is now a copy", 3)
    person.asks("two", "two", 4)
    told = " ".join(person.rows)
    person.child.send("/exit\r")
    assert person.leave() == 0
    newest, first = [json.loads(line) for line in run("logs", "list", "--json", home=tmp_path).text.splitlines()]
    assert (newest["turns"], first["turns"], newest["forked_from"]) == (2, 1, first["id"])
    assert newest["id"] in told


def test_the_http_of_a_session_is_kept_in_its_files_also_after_another_model_was_chosen(
    server: LabServer, tmp_path: Path
) -> None:
    files = ["--log-file", "log", "--har", "har", "--record", "tape"]
    person = Person([*files, *at(server.url), "-m", "echo"], tmp_path)
    person.wait_for_prompt()
    person.asks("one", "one", 2)
    person.asks("/model lab-anthropic/echo", "the model is now", 3)
    person.asks("two", "two", 4)
    person.child.send("/exit\r")
    assert person.leave() == 0
    assert [json.loads(line)["provider"] for line in (tmp_path / "log").read_text().splitlines()] == [
        "openai",
        "lab-anthropic",
    ]
    assert len(json.loads((tmp_path / "har").read_text())["log"]["entries"]) == 2
    assert (tmp_path / "tape").read_text().count('"type": "request"') == 2


@each("size", SIZES)
def test_a_document_and_a_code_block_alone_are_shown_as_they_are(
    server: LabServer, tmp_path: Path, size: tuple[int, int]
) -> None:
    document = ask(server, tmp_path, "echo", "--schema", "a_b_c str[]", size=size)
    assert document.leave() == 0
    assert document.rows == ['{"a_b_c": ["text"]}']
    server.will_answer(text="Here:\n\n```py\na_b_c = 1\x1b[2J\n```\n")
    block = ask(server, tmp_path, "echo", "-x", size=size)
    assert block.leave() == 0
    assert block.rows[0].startswith("a_b_c = 1") and "[2J" in block.rows[0] and len(block.rows) == 1
    assert block.screen.at_start_of_empty_row


def test_ctrl_c_prints_what_came_of_an_answer_that_was_held_back(server: LabServer, tmp_path: Path) -> None:
    person = ask(server, tmp_path, "slow", "-x")
    person.wait_for(lambda: len(server.requests) > 0)
    person.wait_for_text("waiting")
    person.child.sendintr()
    assert person.leave() == 130
    assert person.screen.at_start_of_empty_row
