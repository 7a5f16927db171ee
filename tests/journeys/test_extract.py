"""`--extract` and its kin: the code of an answer alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.chat import Result, run
from tests.tables import each

ANSWER = """Two ways:

```python src/../app.py
print("héllo")\t

```

- and in a list:

  ~~~js
  go()
  ~~~

```py
last
```
"""
FIRST = 'print("héllo")\t\n\n'


def ask(home: Path, *words: str, answer: str = ANSWER) -> Result:
    return run("-m", "lab/echo", *words, answer.rstrip("\n"), home=home)


@each(
    ("words", "text"),
    [
        (["-x"], FIRST),
        (["--extract"], FIRST),
        (["--extract-last"], "last\n"),
        (["-x", "--extract-last"], "last\n"),
        (["--extract-lang", "js"], "go()\n"),
        (["--extract-lang", "JavaScript"], "go()\n"),
        (["--extract-lang", "python", "--extract-last"], "last\n"),
        (["-x", "--no-stream"], FIRST),
    ],
)
def test_one_block_is_printed_byte_for_byte(tmp_path: Path, words: list[str], text: str) -> None:
    done = ask(tmp_path, *words)
    assert (done.out, done.err, done.code) == (text.encode(), "", 0)


def test_line_ends_stay_as_they_came(tmp_path: Path) -> None:
    assert ask(tmp_path, "-x", answer="a\r\n```\r\none\r\n\r\ntwo\n```").out == b"one\r\n\r\ntwo\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-x"], "the answer has no code block; all of it was printed"),
        (["--extract-lang", "rust"], "the answer has no code block in rust; all of it was printed"),
    ],
)
def test_without_a_block_the_whole_text_is_printed_and_that_is_said(
    tmp_path: Path, words: list[str], said: str
) -> None:
    done = ask(tmp_path, *words, answer="    no fence\n\nhere")
    assert (done.text, done.code) == ("    no fence\n\nhere\n", 0)
    assert said in done.err


def test_json_has_the_block_or_null(tmp_path: Path) -> None:
    said = json.loads(ask(tmp_path, "-x", "--json").text)
    assert said["extracted"] == FIRST and said["text"].startswith("Two ways")
    assert json.loads(ask(tmp_path, "-x", "--json", answer="none").text)["extracted"] is None
    assert "extracted" not in json.loads(ask(tmp_path, "--json").text)


def test_what_came_of_a_cut_answer_is_printed_and_the_verdict_stays(tmp_path: Path) -> None:
    done = run("-m", "lab/cut", "-x", "hi", home=tmp_path)
    assert done.code == 74 and done.text.startswith("The lab sends this answer") and "broke off" in done.err


def test_all_blocks_become_files_under_safe_names_and_the_answer_is_printed(tmp_path: Path) -> None:
    done = ask(tmp_path, "--extract-all", "a/out")
    assert (done.text, done.code) == (ANSWER, 0)
    found = {path.name: path.read_text() for path in (tmp_path / "a/out").iterdir()}
    assert found == {"app.py": FIRST, "block-2.js": "go()\n", "block-3.py": "last\n"}
    assert done.err.count("written: a/out/") == 3


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "app.py").write_text("mine")
    for _ in range(2):
        assert ask(tmp_path, "--extract-all", "out", "--extract-lang", "python", "-q").code == 0
    found = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert found["app.py"] == "mine" and found["app-2.py"] == found["app-3.py"] == FIRST
    assert sorted(found) == ["app-2.py", "app-3.py", "app.py", "block-2-2.py", "block-2.py"]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "app.py").symlink_to(tmp_path / "elsewhere")
    assert ask(tmp_path, "--extract-all", "out").code == 0
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    done = ask(tmp_path, "--extract-all", "out/x")
    assert (done.out, done.code) == (b"", 74)
    assert "the folder out/x cannot be made: Not a directory" in done.err
    assert run("logs", "list", home=tmp_path).err == "chat: nothing is kept yet\n"


def test_without_a_block_no_file_is_written(tmp_path: Path) -> None:
    done = ask(tmp_path, "--extract-all", "out", answer="none")
    assert (done.text, done.code) == ("none\n", 0)
    assert "no file was written" in done.err
