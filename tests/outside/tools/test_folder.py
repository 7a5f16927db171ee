"""Nothing but the files below the folder is read, listed or searched, whatever name is tried, and no file with keys."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.core.errors import FileUnreadable
from chatbot.outside.tools.calls import below_folder, never
from chatbot.outside.tools.folder.closed import Closed, is_closed_name
from chatbot.outside.tools.folder.opening import Folder
from chatbot.outside.tools.folder.reading import listed, read
from chatbot.outside.tools.folder.searching import MAX_LINES, search
from chatbot.outside.tools.process import Surroundings
from tests.outside.wire import PATIENCE_S
from tests.tables import each

SECRET = "the-secret-outside"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`work` is the folder; what is beside it is nobody's business."""
    work = tmp_path / "work"
    (work / "sub" / "deep").mkdir(parents=True)
    (work / "notes.txt").write_text("one\ntwo\nthree\n")
    (work / "sub" / "code.py").write_text("def two():\n    return 2\n")
    (tmp_path / "outside.txt").write_text(SECRET)
    (tmp_path / "work-too").mkdir()
    (tmp_path / "work-too" / "file.txt").write_text(SECRET)
    return work


def opened(folder: Path, *closed: Path) -> Folder:
    return Folder(str(folder), Closed.of(map(str, closed)))


def refused(folder: Folder, path: str) -> str:
    with pytest.raises(FileUnreadable) as caught:
        read(folder, path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_below_is_read_whole_and_in_part(folder: Path) -> None:
    here = opened(folder)
    assert read(here, "notes.txt") == read(here, "./sub/../notes.txt") == "one\ntwo\nthree\n"
    assert read(here, str(folder / "notes.txt")) == "one\ntwo\nthree\n"
    assert read(here, "notes.txt", 2) == "[lines 2 to 3 of 3]\ntwo\nthree\n"
    assert read(here, "notes.txt", 2, 2) == "[lines 2 to 2 of 3]\ntwo\n"
    (folder / "long").write_text("x" * 200_000)
    assert "left out here" in read(here, "long")
    (folder / "empty").touch()
    assert read(here, "empty") == "(the file is empty)"
    with pytest.raises(FileUnreadable, match="has 3 lines"):
        read(here, "notes.txt", 7, 9)


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "sub/../../outside.txt",
        "/etc/passwd",
        "//etc/passwd",
        "/dev/stdin",
        "/dev/fd/0",
        "/proc/self/environ",
        "~/.bashrc",
        "file:///etc/passwd",
        "{folder}/../outside.txt",
        "{folder}-too/file.txt",
        "sub/./../../outside.txt",
        "..\\outside.txt",
        "．．/outside.txt",
        "․․/outside.txt",
        "..\u2215outside.txt",
        "%2e%2e/outside.txt",
        "notes.txt\0/../../outside.txt",
        "..",
        "",
        "sub",
        "\ud800",
        "a" * 5000,
    ],
)
def test_no_name_leads_out_of_the_folder(folder: Path, path: str) -> None:
    refused(opened(folder), path.replace("{folder}", str(folder)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["..", ".", "", "sub", "deep", "out", "up", "notes.txt", "outside.txt", "/", "work", "in"])
    )
)
def test_no_path_of_such_steps_leads_out(folder: Path, steps: list[str]) -> None:
    for name, target in (("out", "../outside.txt"), ("up", ".."), ("in", "sub/deep/../../notes.txt")):
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    try:
        assert SECRET not in read(opened(folder), "/".join(steps))
    except FileUnreadable:
        pass


def test_a_link_is_followed_below_the_folder_and_nowhere_else(folder: Path) -> None:
    links = {
        "in": "sub/code.py",
        "whole": str(folder / "notes.txt"),
        "around": "sub/deep/../../notes.txt",
        "out": "../outside.txt",
        "far": "/etc/passwd",
        "up": "..",
        "circle": "circle",
        "gone": "nothing",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    (folder / "sub" / "deep" / "back").symlink_to("../../notes.txt")
    here = opened(folder)
    assert read(here, "in").startswith("def two")
    assert read(here, "whole") == read(here, "around") == read(here, "sub/deep/back") == "one\ntwo\nthree\n"
    for path in ("out", "far", "up/outside.txt", "sub/../up/outside.txt"):
        assert "not below the current folder" in refused(here, path)
    assert "circle" in refused(here, "circle")
    refused(here, "gone")


def test_a_folder_that_is_reached_by_a_link_is_the_one_that_it_leads_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(folder)
    here = opened(tmp_path / "way")
    assert read(here, "notes.txt") == read(here, str(tmp_path / "way" / "notes.txt")) == "one\ntwo\nthree\n"


def test_a_link_that_is_put_there_between_two_looks_leads_nowhere(folder: Path) -> None:
    """The race between a check and the opening, tried some hundred times."""
    (folder / "real").mkdir()
    (folder / "real" / "outside.txt").write_text("inside")
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            (folder / "real").rename(folder / "kept")
            (folder / "real").symlink_to("..")
            (folder / "real").unlink()
            (folder / "kept").rename(folder / "real")

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(500):
            try:
                seen.add(read(opened(folder), "real/outside.txt"))
            except FileUnreadable:
                pass
    finally:
        is_over.set()
        swapping.join()
    assert seen <= {"inside"}


def test_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "null").symlink_to("/dev/null")
    here = opened(folder)
    assert "no file" in refused(here, "pipe")
    refused(here, "null")
    assert "pipe" in listed(here)
    assert "pipe" not in search(here, ".")
    (folder / "binary").write_bytes(b"\0\1\2")
    assert "binary" in refused(here, "binary")


@each(
    "name",
    ".env .ENV .Env .env.local .env.production .envrc .netrc _netrc .npmrc .pypirc .git-credentials id_rsa id_ed25519 "
    "server.pem tls.KEY keys.toml .ssh .aws ．env .e\u200cnv .\uff25NV .env. .env::$DATA \u2024env".split(),
)
def test_a_name_that_some_file_system_takes_for_one_with_keys_is_closed(name: str) -> None:
    assert is_closed_name(name)


@each("name", ".env.example .env.sample env environment.py id_rsa.pub keys.py key monkey .ssh-notes".split())
def test_a_name_like_that_is_not(name: str) -> None:
    assert not is_closed_name(name)


def test_files_with_keys_are_neither_read_nor_searched(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "work" / "config" / "chat"
    own.mkdir(parents=True)
    for file in (folder / ".env", folder / "sub" / ".env.local", own / "settings.toml", folder / "history.db"):
        file.write_text(SECRET)
    (folder / "innocent.txt").hardlink_to(folder / "history.db")
    (folder / "link").symlink_to(".env")
    (folder / "settings").symlink_to("config/chat")
    here = opened(folder, own, folder / "history.db")
    for path in (
        ".env",
        "sub/.env.local",
        "config/chat/settings.toml",
        "settings/settings.toml",
        "innocent.txt",
        "link",
    ):
        assert "is not looked into" in refused(here, path)
    assert search(here, SECRET) == "(nothing was found)"
    for below in ("config/chat", "sub/.env.local"):
        with pytest.raises(FileUnreadable):
            search(here, SECRET, below)
    assert ".env" in listed(here)  # that it is there is no secret
    with pytest.raises(FileUnreadable, match="is not looked into"):
        read(opened(own, own), "settings.toml")  # from inside
    (own / "more").mkdir()
    with pytest.raises(FileUnreadable, match="is not looked into"):
        listed(opened(own / "more", own))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
def test_from_the_root_of_everything_the_kernels_files_are_closed() -> None:
    here = opened(Path("/"))
    for path in ("/proc/self/environ", "proc/self/environ", "/dev/stdin", "dev/fd/0", "/sys/kernel/notes"):
        assert refused(here, path)
    with pytest.raises(FileUnreadable):
        listed(here, "proc")
    with pytest.raises(FileUnreadable):
        read(opened(Path("/proc/self")), "environ")


def test_a_folder_is_listed(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    assert listed(opened(folder)) == "link -> /etc/passwd\nnotes.txt  14 bytes\nsub/"
    assert listed(opened(folder), "sub/deep") == "(the folder is empty)"
    for path in ("..", "link", "notes.txt", "nothing"):
        with pytest.raises(FileUnreadable):
            listed(opened(folder), path)
    for number in range(1200):
        (folder / "sub" / "deep" / f"{number:04}").touch()
    assert listed(opened(folder), "sub/deep").endswith("0999  0 bytes\n[... 200 more ...]")


def test_lines_are_found(folder: Path) -> None:
    here = opened(folder)
    assert search(here, r"tw[o]") == "notes.txt:2: two\nsub/code.py:1: def two():"
    assert search(here, "TWO", ignore_case=False) == "(nothing was found)"
    assert search(here, "two", files="*.py") == search(here, "two", "sub") == "sub/code.py:1: def two():"
    assert search(here, "two", files="sub/*") == "sub/code.py:1: def two():"
    assert search(here, "two(") == "sub/code.py:1: def two():"  # no expression as it stands
    assert search(here, "two", "notes.txt") == "notes.txt:2: two"
    (folder / "many").write_text("two\n" * 1000)
    assert search(here, "two", "many").count("\n") == MAX_LINES
    (folder / ".git").mkdir()
    (folder / ".git" / "x").write_text("unique words")
    (folder / "binary").write_bytes(b"\0unique words")
    (folder / "out").symlink_to("..")
    assert search(here, "unique words") == search(here, SECRET) == "(nothing was found)"


def test_an_expression_that_would_take_for_ever_is_ended(folder: Path) -> None:
    (folder / "notes.txt").write_text("a" * 60 + "!")
    around = Surroundings(folder, dict(os.environ), 0.3)
    found = below_folder("search", {"pattern": "(a+)+$"}, [], around, never)
    assert found.is_error
    assert found.text == "it took too long and was ended"


def test_each_look_is_a_process_of_its_own_that_finds_nothing_of_the_folder_to_import(folder: Path) -> None:
    (folder / "json.py").write_text("raise SystemExit('taken over')")
    around = Surroundings(folder, dict(os.environ), PATIENCE_S)
    assert below_folder("read", {"path": "notes.txt"}, [], around, never).text == "one\ntwo\nthree\n"
    assert below_folder("list", {}, [], around, never).text.startswith("json.py")
    found = below_folder("read", {"path": "../outside.txt"}, [], around, never)
    assert (found.is_error, SECRET in found.text) == (True, False)
