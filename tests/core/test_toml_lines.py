"""The line of a key, for a sentence about it."""

from __future__ import annotations

from chatbot.core.toml_lines import line_of, tables_in
from tests.tables import cases, each

TEXT = """# first
[one]
a = 1

[ "two" ]
a = 2
'b' = 3
b.c = 4
[two.more]
d = 5
[[list]]
"""


@each(
    ("table", "key", "line"),
    cases("""
        one |  | 2
        one | a | 3
        two | a | 6
        two | b | 7
        two | missing | 9
        two | d | 10
        none | a | None
    """),
)
def test_a_key_is_found_in_its_own_table(table: str, key: str, line: str) -> None:
    assert str(line_of(TEXT, table, key)) == line


def test_the_tables_are_found_in_what_is_not_toml() -> None:
    assert tables_in(TEXT + "[broken\nx = [") == ["one", "two"]
