from chatbot.terminal.fences import ends_in_code, with_closed_fence
from tests.tables import each


@each(
    "text",
    [
        "```sh\nx",
        "a\n\n   ~~~~\nx\n~~~",
        "````\n```",
        "```\n\n",
        "```",
        "- a\n\n```\n- x",
        "> ```\n> x\n\n```\ny",
        "```\n- ```",
    ],
)
def test_a_fence_that_is_open_at_the_end_is_closed(text: str) -> None:
    assert ends_in_code(text)
    closed = with_closed_fence(text)
    assert closed.startswith(text.rstrip("\n") + "\n") and closed.strip("`~") != closed
    assert not ends_in_code(closed)


@each(
    "text",
    [
        "",
        "plain",
        "```sh\nx\n```",
        "- ```sh\n  echo one\n  ```\n\nThen.",
        "1. ~~~\n   x\n   ~~~",
        "- ```sh\n  x\n\nThen.",
        "> ```\n> x\n\ny",
        "    ```\n    x",
        "a `` ``` `` b",
        "```\nx\n``` \t",
    ],
)
def test_a_text_whose_fences_have_ended_stays_as_it_is(text: str) -> None:
    assert not ends_in_code(text)
    assert with_closed_fence(text) == text


@each("text", ["- ```sh\n  x", "> ```\n> x", "- a\n  - ~~~\n    x"])
def test_a_fence_in_a_list_or_a_quote_ends_with_it(text: str) -> None:
    assert ends_in_code(text)
    assert with_closed_fence(text) == text
