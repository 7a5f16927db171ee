"""What a template does: variables are filled in, flags win, mistakes are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from chatbot.options.templates.template import Template, applied, checked, checked_name, read_variables, with_flags
from tests.tables import each

TRANSLATE = Template("translate", system="You speak $language.", prompt="In a $tone tone: $input")


def refusal(error: ChatError) -> str:
    """The sentence and the advice, after they were seen to be there."""
    assert "\n" not in str(error)
    assert error.advice
    return f"{error} | {error.advice}"


def test_variables_are_filled_in_and_the_question_stands_where_input_is() -> None:
    filled = applied(TRANSLATE, {"language": "French", "tone": "dry"})
    assert filled.system == "You speak French."
    assert filled.asking("Hello") == "In a dry tone: Hello"


def test_a_prompt_without_input_stands_in_front_of_the_question() -> None:
    filled = applied(Template("review", prompt="Review this:\n"), {})
    assert filled.asking("x = 1\n") == "Review this:\n\nx = 1\n"
    assert filled.asking(None) == "Review this:"


def test_a_template_without_a_prompt_leaves_the_question_as_it_is() -> None:
    filled = applied(Template("pirate", system="Arr."), {})
    assert filled.asking("  $x\n") == "  $x\n"
    assert filled.asking(None) is None


def test_a_prompt_with_input_wants_a_question() -> None:
    filled = applied(Template("sum", prompt="Sum up: $input"), {})
    assert filled.needs_question
    for nothing in (None, ""):
        with pytest.raises(UsageError) as refused:
            filled.asking(nothing)
        assert refusal(refused.value) == 'the template sum wants a question | For example: chat -t sum "..."'


@given(st.text(), st.text(min_size=1))
def test_a_dollar_sign_in_a_value_or_in_the_question_is_no_variable(value: str, question: str) -> None:
    filled = applied(Template("t", system="<$a>", prompt="<${a}>$input"), {"a": value})
    assert filled.system == f"<{value}>"
    assert filled.asking(question) == f"<{value}>{question}"


@given(st.text())
def test_a_system_prompt_of_the_command_line_is_taken_as_it_is(system: str) -> None:
    template = with_flags(TRANSLATE._replace(prompt=None), system=system + ".")
    assert applied(template, {}).system == system + "."


def test_a_dollar_sign_that_begins_no_name_stands_for_itself() -> None:
    filled = applied(Template("price", system="$5, $$x, 5$, $ y, ${, ^a$|b"), {})
    assert filled.system == "$5, $x, 5$, $ y, ${, ^a$|b"


def test_missing_variables_are_named_with_the_way_out() -> None:
    with pytest.raises(UsageError) as refused:
        applied(TRANSLATE, {})
    said = refusal(refused.value)
    assert "the template translate wants a value for $language, $tone |" in said
    assert "--var language=value --var tone=value" in said
    assert refused.value.exit_code == 2


def test_a_variable_that_is_not_used_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError) as refused:
        applied(TRANSLATE, {"language": "French", "tone": "dry", "lang": "French"})
    said = refusal(refused.value)
    assert "has no variable $lang |" in said
    assert "$language, $tone, set with --var name=value" in said


def test_a_misspelt_variable_is_told_as_both() -> None:
    with pytest.raises(UsageError, match=r"wants a value for \$language and has no variable \$langage"):
        applied(TRANSLATE, {"langage": "French", "tone": "dry"})


def test_a_variable_for_a_template_without_any_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        applied(Template("pirate", system="Arr."), {"x": "1"})
    assert "It has none" in refusal(refused.value)


def test_a_usual_value_is_used_unless_another_is_given() -> None:
    template = Template("t", system="$language", variables={"language": "English"})
    assert applied(template, {}).system == "English"
    assert applied(template, {"language": "French"}).system == "French"
    assert applied(template, {"language": ""}).system == ""


def test_flags_win_one_by_one() -> None:
    template = Template(
        "t", model="m", system="s", options={"temperature": 0.5, "seed": 1}, extra={"a": {"b": 1, "c": 2}, "d": 3}
    )
    unsaid = {"temperature": 0.0, "seed": None, "stop": ()}
    merged = with_flags(template, options=unsaid, extra={"a": {"b": 9}})
    assert merged == template._replace(options={"temperature": 0.0, "seed": 1}, extra={"a": {"b": 9, "c": 2}, "d": 3})
    assert with_flags(template) == template


@each(
    ("own", "said", "expected"),
    [
        (("openai", "gpt"), (None, None), ("openai", "gpt")),
        (("openai", "gpt"), (None, "claude"), (None, "claude")),
        (("openai", "gpt"), ("groq", None), ("groq", None)),
        (("openai", "gpt"), ("openai", None), ("openai", "gpt")),
        ((None, "llama"), ("ollama", None), ("ollama", "llama")),
        (("openai", "gpt"), ("groq", "llama"), ("groq", "llama")),
    ],
)
def test_a_model_of_the_command_line_leaves_the_templates_provider(
    own: tuple[str | None, str], said: tuple[str | None, str | None], expected: tuple[str | None, str | None]
) -> None:
    merged = with_flags(Template("t", provider=own[0], model=own[1]), provider=said[0], model=said[1])
    assert (merged.provider, merged.model) == expected


def test_values_are_read_from_name_and_value() -> None:
    assert read_variables(["a=1", "b=x=y", "c=", "a=2"]) == {"a": "2", "b": "x=y", "c": ""}


@each("pair", ["a", "=1", "a b=1", "1a=1", "a-b=1", "ä=1", "a}${b=1", " a=1"])
def test_a_value_without_a_proper_name_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="--var wants name=value"):
        read_variables([pair])


def test_the_question_is_not_set_as_a_variable() -> None:
    with pytest.raises(UsageError, match="the question itself"):
        read_variables(["input=x"])


@each("name", ["pirate", "review-code", "v1.2", "größe", "日本語", "x" * 100])
def test_an_ordinary_name_is_safe(name: str) -> None:
    assert checked_name(name) == name


@each(
    "name",
    [
        *["", ".", "..", ".hidden", "-t", "a/b", "../a", "a\\b", "C:x", "a b", "x" * 101, "é" * 51],
        *["a\n", "a\0", "\x1b[31m", "a\udcff", "\u202eabc", "a\u2028b"],
    ],
)
def test_an_unsafe_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_name(name)
    assert not set("\x1b\0\n\u202e\u2028\udcff") & set(str(refused.value))


def test_a_template_that_says_nothing_is_not_saved() -> None:
    with pytest.raises(UsageError) as refused:
        checked(Template("empty", description="x"))
    assert "there is nothing to save" in refusal(refused.value)
    assert "--save-template empty" in refusal(refused.value)


def test_a_usual_value_without_a_variable_is_not_saved() -> None:
    with pytest.raises(ConfigurationError, match=r"gives \$b a value, but has no such variable"):
        checked(Template("t", system="$a", variables={"b": "1"}))


def test_the_question_cannot_stand_in_the_system_prompt() -> None:
    with pytest.raises(ConfigurationError, match=r"\$input in its system prompt"):
        checked(Template("t", system="About $input"))
    assert checked(Template("t", system="About $$input"))
