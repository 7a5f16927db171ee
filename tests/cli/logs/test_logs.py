"""`chat logs`, from its words to what it prints."""

from __future__ import annotations

import json
import shlex
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatbot.cli.logs.command import logs
from chatbot.core.conversations.stored import AmbiguousId, UnknownConversation
from chatbot.core.errors import ChatError, OutputUnwritable, UsageError
from chatbot.core.events import Finished, Verdict
from chatbot.outside.desktop.pager import page
from chatbot.outside.history.store import History
from chatbot.terminal.notices import Notices
from tests.histories import CAT, COMPLETE, a_history, ask
from tests.tables import each

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[History]:
    """The history that the command opens."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    history = a_history(tmp_path / "data" / "chat")
    yield history
    history.close()


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs the command; what it wrote to standard output, and what it told."""

    def run(*words: str | Path) -> tuple[str, str]:
        told: list[str] = []
        assert logs([str(word) for word in words], Notices(told.append, str, colour=False)) == 0
        return capfdbinary.readouterr().out.decode(), "".join(told)

    return run


def test_an_empty_history_is_said_and_not_made(history: History, run: Run) -> None:
    assert run() == run("list") == ("", "chat: nothing is kept yet\n")
    assert run("stats") == ("nothing is kept yet\n", "")
    assert run("list", "--json") == run("search", "--json", "word") == ("", "")
    assert run("path") == (f"{history.path}\n", "")
    with pytest.raises(UsageError, match="nothing is kept yet"):
        run("show")
    assert not history.path.parent.exists()


def test_the_list_is_short_unless_more_is_wanted(history: History, run: Run) -> None:
    ids = [ask(history, f"question {number}") for number in range(22)]
    out, told = run("list")
    assert [line.split()[0] for line in out.splitlines()] == ids[:1:-1]
    assert told == "chat: these are the newest 20; -n 0 lists all\n"
    out, told = run("list", "-n", "0", "--json")
    assert ([json.loads(line)["id"] for line in out.splitlines()], told) == (ids[::-1], "")
    assert run("list", "-n", "22")[1] == ""


def test_a_list_tells_which_last_answer_is_not_whole(history: History, run: Run) -> None:
    history.begin(ask(history), "and?").finish(Finished(Verdict.CANCELLED))
    assert run()[0].endswith("why? (2 questions, stopped)\n")
    assert json.loads(run("--json")[0])["ending"] == "cancelled"


def test_a_conversation_is_shown_by_the_beginning_of_its_id_or_the_last_one(history: History, run: Run) -> None:
    first, last = ask(history, "first?", "one"), ask(history, "last?", "two")
    assert run("show")[0].startswith(f"# last?\n\n`{last}` · ")
    shown, _ = run("show", first[:5])
    assert "\nfirst?\n" in shown and "\none\n" in shown
    assert json.loads(run("show", first, "--json")[0])["turns"][0]["answer"] == "one"
    with pytest.raises(UnknownConversation):
        run("show", "#")


def test_an_id_that_fits_two_names_both(tmp_path: Path, history: History, run: Run) -> None:
    ids = iter([b"\0\1\2\3\4\5", b"\0\1\2\3\4\6"])
    path = history.path.parent
    two = History(path, now=lambda: 0.0, clock=lambda: 0.0, warn=pytest.fail, random=lambda count: next(ids))
    ask(two, "first?")
    ask(two, "second?")
    two.close()
    with pytest.raises(AmbiguousId, match="more than one") as caught:
        run("show", "012")
    assert set(caught.value.advice.splitlines()) == {"012345  first?", "012346  second?"}


def test_words_are_found_and_marked(history: History, run: Run) -> None:
    conversation_id = ask(history, "why is the sky blue?", "Rayleigh")
    out, told = run("search", "sky", "RAYLEIGH")
    assert out.splitlines()[0].startswith(conversation_id)
    assert (out.splitlines()[1], told) == ("    why is the [sky] blue?", "")
    assert json.loads(run("search", "sky", "--json")[0])["snippet"][1] == {"text": "sky", "is_hit": True}
    assert run("search", "green") == ("", "chat: nothing has all of these words\n")


def test_nothing_that_is_shown_reaches_the_terminal_as_a_control(history: History, run: Run) -> None:
    ask(history, "\x1b]0;evil\x07 word", "\x9b2J\u202e word")
    for words in (["list"], ["show"], ["search", "word"], ["export"], ["export", "--format", "html"]):
        out, _ = run(*words)
        assert not set(out) & set("\x1b\x07\x9b\u202e"), words


def test_an_export_is_imported_again(history: History, run: Run, tmp_path: Path) -> None:
    writing = history.begin(None, "what is this?", [CAT])
    writing.finish(COMPLETE)
    ask(history, "another")
    exported = tmp_path / "all.json"
    assert run("export", "--all", "--format", "json", "-o", exported) == ("", f"chat: 2 exported to {exported}\n")
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert run("import", exported) == ("", "chat: 0 added, 2 were here already\n")
    before = list(history.export())
    assert run("delete", "--yes", *(plain["id"] for plain in before))[1] == "chat: 2 deleted\n"
    assert run("import", exported) == ("", "chat: 2 added\n")
    assert list(history.export()) == before
    lines = tmp_path / "lines.json"
    lines.write_text("\n".join(map(json.dumps, before)))
    assert run("import", lines)[1] == "chat: 0 added, 2 were here already\n"


def test_nothing_is_overwritten(history: History, run: Run, tmp_path: Path) -> None:
    ask(history)
    (tmp_path / "kept.md").write_text("kept")
    with pytest.raises(UsageError, match="is there already"):
        run("export", "-o", tmp_path / "kept.md")
    assert (tmp_path / "kept.md").read_text() == "kept"
    with pytest.raises(OutputUnwritable):
        run("export", "-o", tmp_path / "nowhere" / "new.md")


@pytest.mark.parametrize("content", ["", "not json", "[1]", '{"format": "other"}', "[" * 100_000])
def test_a_file_that_is_no_export_is_one_sentence(history: History, run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    if content:
        with pytest.raises(UsageError):
            run("import", tmp_path / "file")
    else:
        assert run("import", tmp_path / "file")[1] == "chat: 0 added\n"
    with pytest.raises(ChatError):
        run("import", tmp_path / "missing")


def test_nothing_is_deleted_without_a_yes(history: History, run: Run) -> None:
    conversation_id = ask(history)
    with pytest.raises(UsageError, match="nobody is there to ask"):
        run("delete", conversation_id)
    assert history.last_conversation_id() == conversation_id


def pager(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_pager_gets_the_text_and_no_keys(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    code = (
        "import os, sys; "
        f"open({str(notes)!r}, 'w').write(sys.stdin.read() + ' '.join(sorted(n for n in os.environ if 'X_' in n)))"
    )
    assert page(b"text\n", {"PAGER": pager(code), "X_API_KEY": "secret", "X_TOKEN": "secret", "X_NAME": "plain"})
    assert notes.read_text() == "text\nX_NAME"


def test_a_pager_that_is_left_early_is_no_fault() -> None:
    assert page(b"text\n" * 1_000_000, {"PAGER": pager("pass")})


@each("command", ["/no/such/pager", "'half", " "])
def test_a_pager_that_cannot_be_started_is_done_without(command: str) -> None:
    assert not page(b"text", {"PAGER": command})
