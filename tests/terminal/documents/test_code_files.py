"""The files of code blocks: names that are safe wherever they come from."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePosixPath, PureWindowsPath

from hypothesis import given
from hypothesis import strategies as st

from chatbot.terminal.documents.code_files import MAX_NAME_CHARS, file_names, same_language
from chatbot.terminal.fences import CodeBlock
from tests.tables import cases, each


def first(info: str) -> str:
    return next(file_names(CodeBlock("x", info), 1))


@each(
    ("info", "name"),
    [
        *cases(r"""
            python app.py | app.py
            app.py | app.py
            js:src/index.js | index.js
            python title="deep/er/my app.py" | app.py
            {.rust file=../../etc/main.rs} | main.rs
            c C:\\x\\main.c | main.c
            python | block-1.py
            Python | block-1.py
            nosuchlanguage | block-1.txt
            text .. | block-1.txt
            ini .env | block-1.ini
            text con.txt | block-1.txt
        """),
        ("", "block-1.txt"),
    ],
)
def test_a_name_is_what_the_block_says_or_a_number(info: str, name: str) -> None:
    assert first(info) == name


def test_the_next_names_are_numbered() -> None:
    assert list(islice(file_names(CodeBlock("x", "a.py"), 1), 3)) == ["a.py", "a-2.py", "a-3.py"]


def test_a_language_has_several_names() -> None:
    assert same_language("py", "Python") and same_language("c++", "cpp")
    assert same_language("brainf", "BrainF") and not same_language("js", "ts") and not same_language("", "py")


@given(st.text() | st.text("./\\\x00 :=con.txt~-"))
def test_no_info_string_leads_out_of_the_folder(info: str) -> None:
    for name in islice(file_names(CodeBlock("x", info), 1), 2):
        assert PurePosixPath(name).name == name == PureWindowsPath(name).name
        assert name not in (".", "..") and not name.startswith((".", "-")) and "\0" not in name
        assert len(name) <= MAX_NAME_CHARS + 5
