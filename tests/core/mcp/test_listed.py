"""What servers list: names that every provider takes, bounds, and what changed."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.mcp.listed import MAX_DESCRIPTION, ListedTool, call_names, changes, offered, prints_of


def tool(name: str, description: str = "", **properties: object) -> ListedTool:
    return ListedTool(name, description, {"type": "object", "properties": properties})


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), max_size=30))
def test_each_name_is_taken_by_every_provider_and_given_once(tools: list[tuple[str, str]]) -> None:
    names = call_names(tools)
    assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in names)
    assert len(set(names)) == len(tools)


def test_names_say_which_server_and_stay_readable() -> None:
    assert call_names([("time", "now"), ("my files", "read.file"), ("a", "b_c"), ("a_b", "c")]) == [
        "time_now",
        "my_files_read_file",
        "a_b_c",
        "a_b_c_2",
    ]
    assert call_names([("a", "b")], ["a_b", "a_b_2"]) == ["a_b_3"]
    first, second = call_names([("s", "x" * 100), ("s", "x" * 101)])
    assert (len(first), second) == (64, "s_" + "x" * 60 + "_2")


def test_too_many_are_cut_and_one_can_be_chosen() -> None:
    many = [tool(f"t{number}") for number in range(10_000)]
    listing = offered(many)
    assert len(listing.tools) == 128
    assert listing.remarks == ("it has 10000 tools, and 128 of them are offered: choose with --mcp NAME:TOOL",)
    assert offered(many, ("t9999", "nope")) == ((tool("t9999"),), ("it has no tool nope",))


def test_what_is_too_long_or_no_schema_is_cut_or_left_out_and_named() -> None:
    deep: dict[str, object] = {"type": "object"}
    for _ in range(5_000):
        deep = {"type": "object", "properties": {"x": deep}}
    listing = offered(
        [
            tool("long", "d" * 1_000_000),
            ListedTool("bare", "", {}),
            ListedTool("deep", "", deep),
            tool("wide", "", x="y" * 100_000),
            tool("fine"),
            tool("fine", "again"),
        ]
    )
    assert [(one.name, len(one.description)) for one in listing.tools] == [("long", MAX_DESCRIPTION), ("fine", 5)]
    assert listing.remarks == (
        "left out, as the schema is none that can be sent: bare, deep, wide",
        "cut, as the description is too long: long",
    )


def test_what_changed_is_told() -> None:
    before = prints_of([tool("a"), tool("b", "same"), tool("c", "was"), tool("d", "", x={})])
    now = prints_of([tool("b", "same"), tool("c", "is"), tool("d", "", y={}), *(tool(f"n{at}") for at in range(7))])
    assert changes(before, before) == []
    assert changes(before, now) == [
        "new: n0, n1, n2, n3, n4 and 2 more",
        "gone: a",
        "described in other words: c",
        "with other arguments: d",
    ]
