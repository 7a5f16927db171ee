"""What a settings file says, and how a mistake in it is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError
from chatbot.options.chat import SETTINGS
from chatbot.options.settings.reading import read_settings
from chatbot.options.settings.settings import Settings
from tests.options.settings.test_toml import LINES, TEXTS
from tests.tables import cases, each

FOLDER = Path("/home/me/.config/chat")
NAMES = [option.key for option in SETTINGS] + ["model", "provider", "api_key", "resume", "nonsense"]
VALUES = ["1", "0.5", "-1", '"x"', '""', "true", "[]", '["a=b"]', "{}", "1979-05-27", "nan", "1e999", "9" * 30, '"5m"']
SECTIONS = ["", "[aliases]", "[models.x]", '[models."openai/gpt-4.1"]', "[providers.openai]", "[models]", "[other]"]
PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map(" = ".join)
DOCUMENTS = st.lists(PAIRS | st.sampled_from(SECTIONS), max_size=8).map("\n".join)


def settings(text: str) -> Settings:
    return read_settings(text, "config.toml", FOLDER)


@given(DOCUMENTS | TEXTS | LINES | st.text(max_size=30))
def test_any_text_is_read_or_told_with_its_line_and_78(text: str) -> None:
    try:
        found = settings(text)
    except ConfigurationError as error:
        assert error.exit_code == 78
        assert re.match(r"config\.toml:[1-9]\d*(:\d+)?: .", str(error)), str(error)
        assert "\n" not in str(error)
        assert error.advice
    else:
        assert found.text == text


def test_options_stand_under_their_own_names_with_either_dash() -> None:
    found = settings(
        'max-tokens = 5\ntop_p = 0.5\nstop = ["a", "b"]\nno-stream = true\nverbose = 2\nseed = -3\n'
        'color = "never"\nreasoning-effort = "low"\noption = "top_k=40"\ntimeout = 60\n'
    )
    assert found.top == {
        "max_tokens": 5,
        "top_p": 0.5,
        "stop": ("a", "b"),
        "no_stream": True,
        "verbose": 2,
        "seed": -3,
        "color": "never",
        "reasoning_effort": "low",
        "option": ("top_k=40",),
        "timeout": 60.0,
    }


def test_a_switch_with_a_value_takes_either() -> None:
    assert settings('cache = "5m"').top == {"cache_ttl": 300.0}
    assert settings("cache = true").top == {"cache": True}
    assert settings("cache-ttl = 90").top == {"cache_ttl": 90.0}


def test_paths_begin_where_the_file_is_and_not_in_the_current_folder() -> None:
    found = settings('log-file = "http.jsonl"\nsystem = "@prompt.txt"')
    assert found.top == {"log_file": FOLDER / "http.jsonl", "system": f"@{FOLDER}/prompt.txt"}
    home = settings('log-file = "~/http.jsonl"\nsystem = "You are brief."')
    assert home.top == {"log_file": Path("~/http.jsonl").expanduser(), "system": "You are brief."}


def test_sections_and_aliases() -> None:
    found = settings(
        'model = "fast"\nprovider = "groq"\n[aliases]\nfast = "faster"\nfaster = "groq/x"\n'
        '[providers.openai]\nbase-url = "http://localhost:1"\nmodel = "gpt-4o"\ntimeout = 5\n'
        '[models."openai/gpt-4.1"]\ntemperature = 0.2\n'
    )
    assert found.top == {"model": "fast", "provider": "groq"}
    assert found.providers == {"openai": {"base_url": "http://localhost:1", "model": "gpt-4o", "timeout": 5.0}}
    assert found.models == {"openai/gpt-4.1": {"temperature": 0.2}}
    assert found.model_named("fast") == "groq/x" and found.model_named("other") == "other"
    assert found.place(("models", "openai/gpt-4.1", "temperature")) == "config.toml:11"


@each(
    ("text", "told", "advice"),
    cases(r"""
        a = [ | config.toml:1: this is not TOML | chat config edit
        seed = 1\ntemprature = 2 | config.toml:2: there is no setting 'temprature' | Did you mean temperature?
        [models.x]\n\ntemprature = 2 | config.toml:3: there is no setting 'temprature' | Did you mean temperature?
        [alias] | config.toml:1: there is no setting 'alias' | Did you mean aliases?
        temperature = "hot" | config.toml:1: temperature is a number, for example 0.2, not 'hot' | chat config edit
        temperature = -1 | config.toml:1: temperature is a number, for example 0.2, not -1 | chat config edit
        temperature = nan | config.toml:1: temperature is a number | chat config edit
        max-tokens = 1.5 | config.toml:1: max-tokens is a whole number of tokens, not 1.5 | chat config edit
        color = "blue" | config.toml:1: color is auto, always or never, not 'blue' | chat config edit
        raw = 1 | config.toml:1: raw is true or false, not 1 | chat config edit
        stop = [1] | config.toml:1: stop is words that end the answer, not [1] | chat config edit
        option = "x" | config.toml:1: option is key=value, not 'x' | chat config edit
        max_token = 3 | config.toml:1: there is no setting 'max_token' | Did you mean max-tokens?
        api_key = "secretsecret" | config.toml:1: settings hold no keys | chat keys set NAME
        OPENAI_API_KEY = "secretsecret" | config.toml:1: settings hold no keys | chat keys set NAME
        [providers.openai]\napi-key = "x" | config.toml:2: settings hold no keys | chat keys set NAME
        resume = "abc" | config.toml:1: resume is no setting | --resume
        base-url = "http://x" | config.toml:1: base-url is no setting | --base-url
        version = true | config.toml:1: version is no setting | --version
        max-tokens = 1\nmax_tokens = 2 | config.toml:2: max_tokens stands here twice | chat config edit
        models = 3 | config.toml:1: models is a table | [models."openai/gpt-4o-mini"]
        [providers]\nopenai = 3 | config.toml:2: providers.openai is a table | [providers.openai]
        [aliases]\nfast = 3 | config.toml:2: an alias is the name of a model, not 3 | fast = "groq/llama-3.3-70b"
        [aliases]\na = "b"\nb = "a" | config.toml:2: the aliases lead in a circle: a = b = a | chat config edit
        [aliases]\na = "a" | config.toml:2: the aliases lead in a circle: a = a | chat config edit
        model = "" | config.toml:1: model is a text in quotes, not '' | chat config edit
    """),
)
def test_a_mistake_is_told_with_its_line_and_the_way_out(text: str, told: str, advice: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        settings(text)
    assert str(error.value).startswith(told)
    assert advice in error.value.advice
    assert "secretsecret" not in str(error.value) + error.value.advice
