"""A template as TOML and back; every mistake is one sentence."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.options import Options
from chatbot.options.chat import SAMPLING
from chatbot.options.templates.template import Template
from chatbot.options.templates.toml_form import SKELETON, from_toml, to_toml
from tests.any_json import any_json
from tests.tables import cases, each

texts = st.text(st.characters(codec="utf-8")) | st.text('"\\\r\n\t $x\x00\x7f\x85')
said = st.none() | texts.filter(bool)
numbers = st.floats(allow_nan=False, allow_infinity=False)
extra = any_json(values=(False, True), numbers=(st.integers(), numbers), texts=texts, only_objects=True)
options = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.integers(1),
        "temperature": st.floats(0, 1e6),
        "top_p": st.floats(0, 1),
        "stop": st.lists(texts.filter(bool)).map(tuple),
        "seed": st.integers(),
        "reasoning_effort": texts.filter(bool),
    },
)
variables = st.fixed_dictionaries({}, optional={"a": texts, "b_2": texts})
templates = st.builds(
    Template,
    name=st.just("t"),
    description=said,
    provider=said,
    model=said,
    system=texts.map(lambda text: text.replace("$", "$$") + "$a ${b_2}"),
    prompt=said,
    schema=st.none() | st.sampled_from(["name, age int", "name: what\nage int", '{"enum": ["a\\\\"]}']),
    options=options,
    extra=extra,
    variables=variables,
)


@settings(max_examples=100)
@given(templates)
def test_what_is_written_is_read_back_as_it_was(template: Template) -> None:
    assert from_toml("t", to_toml(template)) == template


@settings(max_examples=100)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Cc", "Zs"]), max_size=60))
def test_no_text_at_all_is_a_fault_of_ours(text: str) -> None:
    for document in (text, f"system = {text}", f"[options]\n{text} = 1"):
        try:
            from_toml("t", document)
        except ConfigurationError as error:
            assert "\n" not in str(error)
            assert error.advice


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("name, age itn", "has a schema that is none: the schema is not understood at field 2, 'age itn'"),
        ('{"type": "strng"}', "has a schema that is none: the schema is no JSON Schema"),
    ],
)
def test_a_schema_that_is_none_is_told(schema: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        from_toml("t", f"schema = '{schema}'")
    assert f"the template t {said}" in str(raised.value)


def test_every_option_of_a_question_can_be_saved() -> None:
    assert {option.field for option in SAMPLING} == set(Options._fields) - {
        "model",
        "stream",
        "extra",
        "show_reasoning",
        "schema",
        "tools",
    }


def test_a_template_reads_well() -> None:
    template = Template(
        "t",
        description='Says "hi"',
        model="openai/gpt-5",
        system="You speak $language.\nOnly that.",
        options={"temperature": 0.2, "stop": ("END",)},
        extra={"top_k": 40, "nested": {"a b": [True]}},
        variables={"language": "French"},
    )
    assert (
        to_toml(template)
        == '''\
description = "Says \\"hi\\""
model = "openai/gpt-5"
system = """
You speak $language.
Only that."""

[options]
temperature = 0.2
stop = ["END"]

[extra]
top_k = 40
nested = {"a b" = [true]}

[variables]
language = "French"
'''
    )


def test_half_a_utf16_pair_is_replaced_before_it_is_written() -> None:
    assert from_toml("t", to_toml(Template("t", system="a\ud800b\n\udcff"))).system == "a\ufffdb\n\ufffd"


@each(("value", "named"), [(None, "null"), (float("nan"), "nan"), (float("inf"), "inf")])
def test_what_toml_or_json_does_not_have_is_not_written(value: object, named: str) -> None:
    with pytest.raises(UsageError, match=rf"extra\.a\.b cannot be saved: a template has no {named}"):
        to_toml(Template("t", extra={"a": {"b": [value]}}))


def test_empty_text_leaves_it_as_it_is() -> None:
    assert from_toml("t", 'system = ""\nprompt = ""\n') == Template("t")


def test_the_skeleton_is_an_empty_template() -> None:
    assert from_toml("t", SKELETON) == Template("t")
    uncommented = SKELETON.replace("# model", "model").replace("# [", "[").replace("# temp", "temp")
    assert from_toml("t", uncommented.replace("# max_", "max_")).options == {"temperature": 0.2, "max_tokens": 1000}


def test_one_word_that_ends_the_answer_needs_no_brackets() -> None:
    assert from_toml("t", '[options]\nstop = "END"').options == {"stop": ("END",)}


@each(
    ("text", "sentence", "advice"),
    [
        *cases(r"""
            a = 1\na = 2 | is not TOML: cannot overwrite a value | edit t
            sytem = 'x' | has 'sytem', which means nothing here | Did you mean system?
            xyz = 1 | has 'xyz', which means nothing here | It may hold: description, provider, model
            temperature = 1 | has temperature at its top | [options]: temperature = ...
            model = 5 | wants text in quotes for model, not 5 | edit t
            system = ['a'] | wants text in quotes for system, not a list | edit t
            options = 1 | wants a table for options, not 1 | the line [options]
            [options]\ntemprature = 1 | has 'temprature' under [options], which is none | Did you mean temperature?
            [options]\ntop_k = 1 | has 'top_k' under [options], which is none | under [extra]
            [options]\ntemperature = true | has true for options.temperature, which is a number, for | edit t
            [options]\ntemperature = nan | has nan for options.temperature, which is a number, for | edit t
            [options]\ntemperature = '1' | has text for options.temperature, which is a number, for | edit t
            [options]\nmax_tokens = 0 | has 0 for options.max_tokens, which is a whole number of tokens | edit t
            [options]\nmax_tokens = 1.5 | has 1.5 for options.max_tokens, which is a whole number of tokens | edit t
            [options]\nseed = 1.0 | has 1.0 for options.seed, which is a whole number | edit t
            [options]\nstop = [1] | has a list for options.stop, which is words that end the answer | edit t
            [extra]\na.b = [1979-05-27] | has a date or a time for extra.a.b, which no request body | edit t
            [extra]\na = inf | has inf for extra.a, which no request body | edit t
            system = '$a'\n[variables]\na = 1 | wants text in quotes for variables.a, not 1 | edit t
            system = '$a'\n[variables]\nb = '' | gives $b a value, but has no such variable | $a
            system = '$input' | has $input in its system prompt | Move it to the prompt
        """),
        ("system = ", "is not TOML: invalid value (at end of document)", "chat templates edit t"),
        (
            f"[options]\ntop_p = 1{'0' * 400}",
            "has a number of that size for options.top_p, which is a",
            "edit t",
        ),
        (
            "[options]\nreasoning_effort = ''",
            "has empty text for options.reasoning_effort, which is low, ",
            "edit t",
        ),
        ("[extra]\na = " + "[" * 5_000, "is nested too deeply", "edit t"),
        ("[extra]\na = 1" + "0" * 5_000, "is not TOML", "edit t"),
    ],
)
def test_every_mistake_is_named(text: str, sentence: str, advice: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        from_toml("t", text)
    assert str(refused.value).startswith(f"the template t {sentence}")
    assert advice in refused.value.advice
    assert refused.value.exit_code == 78


@given(texts)
def test_a_key_of_any_text_is_written_as_toml_wants_it(key: str) -> None:
    parsed: dict[str, Any] = tomllib.loads(to_toml(Template("t", extra={key: 1})))
    assert parsed == {"extra": {key: 1}}
