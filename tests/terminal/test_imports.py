"""What is loaded when: the first token does not wait for what it does not need."""

import pytest

from tests.processes import python


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*sys.modules)"
    return set(python(script).split())


SHOW = (
    "from chatbot.terminal.markdown.stream import one_piece\nimport chatbot.terminal.answer.live\none_piece({!r}, 80)"
)


def test_making_text_harmless_loads_nothing_else() -> None:
    loaded = loaded_by("import chatbot.terminal.sanitise, chatbot.terminal.screen")
    assert not {"rich", "markdown_it", "pygments"} & loaded


@pytest.mark.parametrize("text", ["**a** `b`\n\n|a|b|\n|-|-|\n|1|2|\n", "```python\nx = 1\n```\n"])
def test_the_parts_of_rich_that_draw_everything_again_are_never_loaded(text: str) -> None:
    loaded = loaded_by(SHOW.format(text))
    assert not {"rich.live", "rich.status", "rich.markdown", "rich.table", "rich.console"} & loaded


def test_lexers_are_loaded_when_a_fence_opens() -> None:
    assert "pygments" not in loaded_by(SHOW.format("`a` and\n\n    code\n"))
    assert "pygments.lexers.python" in loaded_by(SHOW.format("```python\n"))
