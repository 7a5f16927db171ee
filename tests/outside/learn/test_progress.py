"""Progress survives, and a broken file is told."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.errors import FileUnreadable, FileUnwritable
from chatbot.outside.learn.progress import Step, keep, load
from tests.tables import each

STEPS = st.dictionaries(
    st.integers(1, 13),
    st.builds(Step, st.text(), st.floats(0, 2e9), st.floats(0, 2e9), st.integers(0, 9)),
)


@settings(max_examples=20)
@given(STEPS)
def test_what_is_kept_is_loaded(tmp_path_factory: pytest.TempPathFactory, steps: dict[int, Step]) -> None:
    folder = tmp_path_factory.mktemp("kept")
    keep(folder, steps)
    assert load(folder) == steps


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    assert load(tmp_path / "missing") == {}


def test_only_the_person_can_read_it_and_no_part_stays_beside_it(tmp_path: Path) -> None:
    keep(tmp_path / "chat", {1: Step("a.py")})
    keep(tmp_path / "chat", {1: Step("b.py")})
    [file] = (tmp_path / "chat").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@each("text", ["", "{", "[1]", '{"one": {}}', '{"1": 2}', '{"1": {"hints": "many"}}', "null", "\0"])
def test_a_broken_file_is_told_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "learn.json").write_text(text)
    with pytest.raises(FileUnreadable, match=r"the progress is broken: .*learn\.json"):
        load(tmp_path)


def test_fields_of_another_version_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "learn.json").write_text('{"2": {"file": "x.py", "later": true}}')
    assert load(tmp_path) == {2: Step("x.py")}


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileUnwritable, match="the progress is not kept"):
        keep(tmp_path / "file", {})
