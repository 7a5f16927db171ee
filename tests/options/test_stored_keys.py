from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError
from chatbot.options.stored_keys import StoredKey, read_keys
from tests.tables import cases, each

NAMES = ("OPENAI_API_KEY", "GROQ_API_KEY")
KEY = "sk-stored-0123456789abcdef"


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_keys(text, "keys.toml", NAMES)
    assert caught.value.exit_code == 78
    assert "keys.toml" in caught.value.advice
    return str(caught.value)


@each(
    ("text", "stored"),
    [
        (f'[OPENAI_API_KEY]\nkey = "{KEY}"\n', StoredKey(key=KEY)),
        (f'OPENAI_API_KEY = "{KEY}"\n', StoredKey(key=KEY)),
        ('OPENAI_API_KEY = {command = "op read x"}', StoredKey(command="op read x")),
        ("[OPENAI_API_KEY]\nkeyring = true", StoredKey(keyring=True)),
    ],
)
def test_a_key_is_had_in_one_of_three_ways(text: str, stored: StoredKey) -> None:
    assert read_keys(text, "keys.toml", NAMES) == {"OPENAI_API_KEY": stored}
    assert KEY not in repr(stored)


def test_an_empty_file_says_nothing() -> None:
    assert read_keys("# nothing yet\n", "keys.toml", NAMES) == {}


@each(
    ("text", "said"),
    cases(r"""
        \n[OPNAI_API_KEY]\nkey = "x" | line 2, names a variable that holds no key; did you mean OPENAI_API_KEY?
        [PATH]\nkey = "x" | line 1, names a variable that holds no key
        [OPENAI_API_KEY]\ncomand = "x" | line 1, has a field in OPENAI_API_KEY that means nothing here; did you mean com
        [OPENAI_API_KEY]\nkey = 7 | line 1, wants a text for OPENAI_API_KEY.key
        [OPENAI_API_KEY]\nkey = "" | line 1, wants a text for OPENAI_API_KEY.key
        [OPENAI_API_KEY]\nkeyring = "yes" | line 1, wants true for OPENAI_API_KEY.keyring
        [OPENAI_API_KEY]\nkeyring = false | line 1, wants true for OPENAI_API_KEY.keyring
        #\n#\n[OPENAI_API_KEY] | line 3, wants one of key, command, keyring for OPENAI_API_KEY
        [OPENAI_API_KEY]\nkey = "a"\ncommand = "b" | line 1, wants one of key, command, keyring for OPENAI_API_KEY
        OPENAI_API_KEY = 3 | line 1, has OPENAI_API_KEY, which is neither a text nor a table
        [OPENAI_API_KEY]\nkey = sk-bare | line 2, is not TOML
    """),
)
def test_a_mistake_is_told_with_its_line(text: str, said: str) -> None:
    assert said in refused(text.replace(r"\n", "\n"))


def test_what_is_nested_too_deeply_is_refused() -> None:
    assert "not TOML" in refused("x = " + "[" * 5000) or "nested" in refused("x = " + "[" * 5000)


@given(st.text(), st.text())
def test_no_sentence_holds_a_key(before: str, after: str) -> None:
    try:
        read_keys(f"{before}{KEY}{after}", "keys.toml", NAMES)
    except ConfigurationError as error:
        assert KEY not in f"{error} {error.advice} {error.said}"
