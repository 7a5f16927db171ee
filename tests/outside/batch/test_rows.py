from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.core.batch.row import Row
from chatbot.core.errors import FileUnreadable, UsageError
from chatbot.outside.batch.rows import Format, open_rows
from tests.tables import each


def rows(folder: Path, name: str, data: str | bytes, format_: Format | None = None) -> list[Row]:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    opened = open_rows(str(path), format_)
    with opened.opened:
        first, again = list(opened.rows()), list(opened.rows())
    assert first == again
    return first


def test_a_table_has_its_columns_as_values_whatever_stands_between_them(tmp_path: Path) -> None:
    for name, mark in (("a.csv", ","), ("b.csv", ";"), ("c.tsv", "\t")):
        table = f'\ufeffID{mark}Product name\r\nx{mark}"one{mark}\ntwo"\r\n\r\n{mark}three\r\n'
        first, second = rows(tmp_path, name, table)
        assert (first.id, dict(first.values), first.text) == (
            "x",
            {"Product_name": f"one{mark}\ntwo"},
            f"one{mark}\ntwo",
        )
        assert (second.number, second.has_own_id) == (2, False)
        assert second.text == "three"


def test_objects_have_their_members_and_texts_are_rows_too(tmp_path: Path) -> None:
    found = rows(tmp_path, "a.jsonl", '{"id": 7, "a": "b", "n": 1.5, "no": null, "l": [1]}\n\n"just a text"\n')
    assert (found[0].id, dict(found[0].values)) == ("7", {"a": "b", "n": "1.5", "no": "", "l": "[1]"})
    assert found[0].text is None
    assert (found[1].text, found[1].line) == ("just a text", 3)


def test_lines_are_rows_as_they_are(tmp_path: Path) -> None:
    assert [row.text for row in rows(tmp_path, "a.txt", "one\r\n\n  two \n")] == ["one", "  two "]


def test_what_a_file_without_an_ending_holds_shows(tmp_path: Path) -> None:
    assert rows(tmp_path, "a", '{"q": "why?"}\n')[0].values == {"q": "why?"}
    assert rows(tmp_path, "b", "a,b\n1,2\n")[0].text == "a,b"
    assert rows(tmp_path, "c", "a,b\n1,2\n", "csv")[0].values == {"a": "1", "b": "2"}


@each(
    ("name", "data", "said"),
    [
        ("a.csv", "1,2\n3,4\n", "line 1 of {}: it is no header"),
        ("a.csv", "a,\n3,4\n", "line 1 of {}: it is no header"),
        ("a.csv", "", "line 1 of {}: it is no header"),
        ("a.csv", "a,a\n3,4\n", "line 1 of {}: two columns have one name"),
        ("a.csv", "a,b\n1,2\n3\n", "line 3 of {}: it has 1 cells, and the header 2"),
        ("a.csv", 'a,b\n1,"2\n', "line 2 of {}: it is no CSV: unexpected end of data"),
        ("a.jsonl", '{"a": 1}\n{"a":\n', "line 2 of {}: it is not JSON"),
        ("a.jsonl", "3\n", "line 1 of {}: it is neither an object nor a text"),
        ("a.json", '[{"a": 1}]', "line 1 of {}: it is a list, and each line is to be an object"),
        ("a.json", "[\n{}]", "line 1 of {}: it is not JSON"),
        ("a.txt", b"fine\n\xff\n", "line 2 of {}: it is not UTF-8"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: str | bytes, said: str) -> None:
    with pytest.raises(UsageError) as error:
        rows(tmp_path, name, data)
    assert str(error.value) == said.format(tmp_path / name)


def test_a_file_that_is_not_there_or_binary_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="no such file"):
        open_rows(str(tmp_path / "none.csv"), None)
    with pytest.raises(FileUnreadable, match="binary"):
        rows(tmp_path, "a.csv", b"a\0b")
