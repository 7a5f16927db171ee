"""Whatever is wrong with the folder, the file or the disk: no answer is lost for it, and it is said once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatbot.core.conversations.stored import HistoryUnavailable
from chatbot.core.events import Verdict
from chatbot.outside.history.place import NAME
from chatbot.outside.history.store import History
from tests.histories import COMPLETE, Told, a_history, ask, keep_one_turn, output_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners")
is_root = os.geteuid() == 0 if hasattr(os, "geteuid") else False
SOMEBODY = 54_321


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_folder_and_files_are_private_under_any_umask(tmp_path: Path, umask: Callable[[int], int], mask: int) -> None:
    umask(mask)
    history = a_history(tmp_path / "chat")
    ask(history)
    assert modes(tmp_path / "chat") == {"chat": 0o700, NAME: 0o600, f"{NAME}-wal": 0o600, f"{NAME}-shm": 0o600}
    history.close()


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    other = a_history(tmp_path)
    ask(other)
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    history = a_history(tmp_path)
    assert history.last_conversation_id()
    other.close()
    assert {mode for name, mode in modes(tmp_path).items() if name.startswith(NAME)} == {0o600}
    history.close()


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o1777])
def test_a_folder_in_which_others_may_write_is_refused_with_one_warning(tmp_path: Path, told: Told, mode: int) -> None:
    tmp_path.chmod(mode)
    history = a_history(tmp_path, told=told)
    write_twice(history)
    assert told == [f"the history is not used: other users may write in {tmp_path}"]
    assert list(tmp_path.iterdir()) == []


def write_twice(history: History) -> None:
    for question in ("first", "second"):
        writing = history.begin(None, question)
        writing.add("an answer")
        writing.finish(COMPLETE)


@pytest.mark.skipif(not is_root, reason="only root may give a folder away")
def test_a_folder_of_somebody_else_is_refused_for_writing_and_reading(tmp_path: Path, told: Told) -> None:
    keep_one_turn(tmp_path)
    os.chown(tmp_path, SOMEBODY, -1)
    before = (tmp_path / NAME).read_bytes()
    history = a_history(tmp_path, told=told)
    write_twice(history)
    assert told == [f"the history is not used: {tmp_path} belongs to another user"]
    assert (tmp_path / NAME).read_bytes() == before
    with pytest.raises(HistoryUnavailable, match="belongs to another user"):
        history.conversations(1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "is not a regular file"),
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    ],
    ids=["folder", "pipe", "device"],
)
def test_a_file_of_the_wrong_kind_is_told_and_never_waited_for(
    tmp_path: Path, told: Told, make: Callable[[Path], Any], reason: str
) -> None:
    make(tmp_path / NAME)
    write_twice(a_history(tmp_path, told=told))
    assert len(told) == 1
    assert reason in told[0]


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path, told: Told) -> None:
    (tmp_path / "file").write_text("not a folder")
    history = a_history(tmp_path / "file" / "chat", told=told)
    write_twice(history)
    assert told == ["the history cannot be written: not a directory; answers are not kept"]
    assert history.conversations(5) == ()


@pytest.mark.parametrize("what", [b"garbage, and quite a lot of it " * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_file_that_is_no_database_is_kept_under_another_name_and_a_new_one_begun(
    tmp_path: Path, told: Told, what: bytes
) -> None:
    (tmp_path / NAME).write_bytes(what)
    history = a_history(tmp_path, told=told)
    ask(history, "first")
    ask(history, "second")
    [kept] = tmp_path.glob(f"{NAME}.corrupt-*")
    assert kept.read_bytes() == what
    assert told == [f"the history was damaged: it is kept as {kept}, and a new one is begun"]
    assert len(history.conversations(5)) == 2
    history.close()


def test_a_database_that_is_found_damaged_in_the_middle_of_an_answer_costs_no_answer(
    tmp_path: Path, told: Told
) -> None:
    seed = a_history(tmp_path)
    for number in range(60):
        ask(seed, f"question {number} " * 50)
    seed.close()
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    history = a_history(tmp_path, told=told)
    conversation_id = ask(history, "why?", "because")
    [turn] = history.conversation(conversation_id).turns
    assert (turn.question, turn.answer, turn.verdict) == ("why?", "because", Verdict.COMPLETE)
    assert len(told) == 1
    assert "was damaged" in told[0]
    history.close()


def test_two_damaged_files_in_the_same_second_are_both_kept(tmp_path: Path) -> None:
    for content in ("first", "second"):
        (tmp_path / NAME).write_text(f"{content} garbage " * 500)
        history = a_history(tmp_path, clock=lambda: 1_000.0, told=Told())
        ask(history)
        history.close()
    kept = [path for path in tmp_path.glob(f"{NAME}.corrupt-*") if path.suffix not in ("-wal", "-shm")]
    assert sorted(path.read_bytes()[:5] for path in kept) == [b"first", b"secon"]


def test_a_newer_database_is_read_and_not_changed(tmp_path: Path, told: Told) -> None:
    conversation_id = keep_one_turn(tmp_path)
    connection = sqlite3.connect(tmp_path / NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = (tmp_path / NAME).read_bytes()
    history = a_history(tmp_path, told=told)
    assert history.last_conversation_id() == conversation_id
    write_twice(history)
    with pytest.raises(HistoryUnavailable):
        history.delete([conversation_id])
    history.close()
    assert told == ["the history was written by a newer chat (its version is 99): it is only read"]
    assert (tmp_path / NAME).read_bytes() == before


class Impatient(sqlite3.Connection):
    """Waits for other processes next to no time."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        return super().execute("PRAGMA busy_timeout = 1" if "busy_timeout" in sql else sql, *args)


def impatient(folder: Path, told: Told) -> History:
    return History(
        folder,
        now=lambda: 0.0,
        clock=lambda: 0.0,
        warn=told,
        connect=lambda *args, **options: sqlite3.connect(*args, factory=Impatient, **options),
    )


def test_what_cannot_be_stored_while_another_process_writes_is_stored_later(tmp_path: Path, told: Told) -> None:
    keep_one_turn(tmp_path)
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history = impatient(tmp_path, told)
    writing = history.begin(None, "why?")
    writing.add("be")
    writing.flush()
    assert writing.conversation_id is None
    other.execute("ROLLBACK")
    writing.add("cause")
    writing.finish(COMPLETE)
    [turn] = history.conversation(writing.conversation_id or "").turns
    assert (turn.question, turn.answer) == ("why?", "because")
    assert told == []
    other.close()
    history.close()


def test_a_database_that_stays_locked_is_told_once(tmp_path: Path, told: Told) -> None:
    keep_one_turn(tmp_path)
    other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    history = impatient(tmp_path, told)
    write_twice(history)
    assert told == ["the history cannot be written: another program keeps it locked; answers are not kept"]
    other.close()
    history.close()


@pytest.mark.parametrize("moved", [False, True])
def test_a_file_that_is_taken_away_in_the_middle_of_an_answer_costs_no_answer(tmp_path: Path, moved: bool) -> None:
    history = a_history(tmp_path)
    writing = history.begin(ask(history), "why?")
    writing.add("be")
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(f"moved-{path.name}")) if moved else path.unlink()
    writing.add("cause")
    writing.finish(COMPLETE)
    history.close()
    history = a_history(tmp_path)
    [turn] = history.conversation(writing.conversation_id or "").turns
    assert (turn.question, turn.answer) == ("why?", "because")
    history.close()


FILL_THE_DISK = """
h = history()
print("before:", h.conversations(5)[0].title)
for question in ("first", "second"):
    writing = h.begin(None, question)
    for number in range(40):
        writing.add("x" * 20_000)
        writing.flush()
    writing.finish(COMPLETE)
    print("answered:", question)
h.close()
"""
LIMIT_FILES = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"


def test_a_file_that_may_not_grow_costs_no_answer(tmp_path: Path) -> None:
    keep_one_turn(tmp_path, "an old question")
    check_full_disk(output_of(LIMIT_FILES + FILL_THE_DISK, tmp_path))
    history = a_history(tmp_path)
    assert history.conversations(5)[-1].title == "an old question"
    ask(history, "there is place again")
    history.close()


def check_full_disk(output: str) -> None:
    before, *others = output.splitlines()
    assert before == "before: an old question"
    assert [line for line in others if "warned" not in line] == ["answered: first", "answered: second"]
    [warning] = [line for line in others if "warned" in line]
    assert "full" in warning


def has_own_mounts() -> bool:
    """Whether a file system can be mounted that nobody else sees, and that is gone afterwards."""
    if not (is_root and shutil.which("unshare")):
        return False
    trial = ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_own_mounts(), reason="needs a file system of its own")
def test_a_full_disk_costs_no_answer(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=256k,mode=0700 none "$0" && exec "$@"'
    before = ("unshare", "-m", "sh", "-c", mount, str(tmp_path))
    old = 'h = history(); h.begin(None, "an old question").finish(COMPLETE); h.close()\n'
    check = """
import sqlite3
db = sqlite3.connect(Path(sys.argv[1]) / "history.db")
assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
assert db.execute("SELECT question FROM turn ORDER BY id").fetchone() == ("an old question",)
"""
    check_full_disk(output_of(old + FILL_THE_DISK + check, tmp_path, before=before))


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder to which other users find the way: pytest's own are private."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    (folder / "chat").chmod(0o700)
    shutil.rmtree(folder)


BECOME_SOMEBODY = f"""
import fcntl, urllib.parse  # modules that are loaded when needed: somebody may not be able to read Python's
os.setgroups([]); os.setgid({SOMEBODY}); os.setuid({SOMEBODY})
"""
AS_SOMEBODY = BECOME_SOMEBODY if is_root else ""
READ_AND_WRITE = """
h = history()
[summary] = h.conversations(5)
[turn] = h.conversation(h.find(summary.id[:3])).turns
print("read:", turn.question, turn.answer, len(h.search("because", 5)))
for question in ("first", "second"):
    h.begin(None, question).finish(COMPLETE)
try:
    h.delete([summary.id])
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("owned", [True, False], ids=["own folder", "folder of root"])
def test_a_folder_that_may_only_be_read_is_read(reachable: Path, owned: bool) -> None:
    folder = reachable / "chat"
    keep_one_turn(folder)
    (folder / NAME).chmod(0o644)
    if is_root and owned:
        for path in (folder, folder / NAME):
            os.chown(path, SOMEBODY, SOMEBODY)
    folder.chmod(0o555)
    files = {path: path.read_bytes() for path in folder.iterdir()}
    output = output_of(AS_SOMEBODY + READ_AND_WRITE, folder).splitlines()
    assert output[0] == "read: why? because 1"
    assert [line for line in output if line.startswith("warned")] == [
        "warned: the history cannot be written: it is read-only; answers are not kept"
    ]
    assert output[-1] == "HistoryUnavailable"
    assert {path: path.read_bytes() for path in folder.iterdir()} == files


def test_a_home_that_may_only_be_read_costs_no_answer(reachable: Path) -> None:
    (reachable / "chat").mkdir()
    (reachable / "chat").chmod(0o555)
    code = AS_SOMEBODY + "h = history(); h.begin(None, 'why?').finish(COMPLETE); print(h.conversations(5))"
    output = output_of(code, reachable / "chat" / "data" / "chat").splitlines()
    assert output == ["warned: the history cannot be written: permission denied; answers are not kept", "()"]


def test_a_history_that_its_owner_made_read_only_stays_so_and_is_read(tmp_path: Path) -> None:
    history = a_history(tmp_path)
    ask(history)
    history.close()
    file = tmp_path / "history.db"
    file.chmod(0o444)
    before = file.read_bytes()
    told = Told()
    history = a_history(tmp_path, told=told)
    assert len(history.conversations(9)) == 1
    assert told == []
    history.begin(None, "why?").finish(COMPLETE)
    history.close()
    assert file.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o444
    assert told == ["the history is read-only: answers are not kept"]
