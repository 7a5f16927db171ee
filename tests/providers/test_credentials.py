"""Which key counts, what it may look like, and which base URL it may go to."""

from __future__ import annotations

import hashlib

import pytest

from chatbot.core.errors import ConfigurationError, NoKey, UsageError
from chatbot.core.options import SettingSource
from chatbot.providers import services
from chatbot.providers.choice import ModelRequest
from chatbot.providers.credentials import fingerprint
from tests.providers.choosing import chosen, local, stored, trusted
from tests.tables import each

SECRET = "sk-secret-0123456789"
EVIL = "https://evil.example/v1"
OWN = services.find("openai").base_url
REFUSED = "will not be sent there"


@each(
    ("variables", "address", "key"),
    [
        (trusted(OPENAI_API_KEY="U"), OWN, "U"),
        (local(OPENAI_API_KEY="A"), OWN, "A"),
        (trusted(OPENAI_API_KEY="U", OPENAI_BASE_URL="https://gateway.example/v1/"), "https://gateway.example/v1", "U"),
        (trusted(OPENAI_BASE_URL="https://gateway.example/v1"), "https://gateway.example/v1", None),
        (local(OPENAI_API_KEY="A", OPENAI_BASE_URL=EVIL), EVIL, "A"),
        (local(OPENAI_API_KEY="A") | trusted(OPENAI_BASE_URL=EVIL), EVIL, "A"),
        (local(OPENAI_BASE_URL="http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1", None),
        (trusted(OPENAI_API_KEY="U", OPENAI_BASE_URL="http://127.0.0.1:9/v1"), "http://127.0.0.1:9/v1", "U"),
        (trusted(OPENAI_API_KEY="U", OPENAI_BASE_URL="http://[::1]:9/v1"), "http://[::1]:9/v1", "U"),
        (trusted(OPENAI_BASE_URL="http://gateway.example/v1"), "http://gateway.example/v1", None),
    ],
)
def test_values_that_may_meet(variables: dict[str, SettingSource], address: str, key: str | None) -> None:
    choice = chosen(ModelRequest("openai"), variables)

    assert choice.endpoint.base_url == address
    assert choice.key == key
    assert choice.endpoint.auth == (("Authorization", f"Bearer {key}") if key else None)


@each(
    ("wish", "variables", "message"),
    [
        (ModelRequest("openai"), trusted(OPENAI_API_KEY=SECRET) | local(OPENAI_BASE_URL=EVIL), REFUSED),
        # The address of this machine is no excuse: what listens there may come with the folder too.
        (ModelRequest("openai"), trusted(OPENAI_API_KEY=SECRET) | local(OPENAI_BASE_URL="http://127.0.0.1:9"), REFUSED),
        (ModelRequest("ollama"), local(OLLAMA_BASE_URL=EVIL), "questions will not be sent there"),
        (ModelRequest("ollama"), local(OLLAMA_HOST="evil.example"), "questions will not be sent there"),
        # The trusted of two keys counts, so it must not go there either.
        (
            ModelRequest("gemini"),
            trusted(GEMINI_API_KEY=SECRET) | local(GOOGLE_API_KEY="A", GEMINI_BASE_URL=EVIL),
            REFUSED,
        ),
        (
            ModelRequest("openai", headers=(f"Authorization: Bearer {SECRET}",)),
            local(OPENAI_API_KEY="A", OPENAI_BASE_URL=EVIL),
            "the header authorization from --header will not be sent there",
        ),
        (ModelRequest("openai"), trusted(OPENAI_API_KEY=SECRET, OPENAI_BASE_URL="http://h.example/v1"), "unencrypted"),
        (ModelRequest("openai"), trusted(OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=" HTTP://h.example/v1"), "unencrypted"),
        (
            ModelRequest("openai", base_url="http://127.0.0.1.evil.example"),
            trusted(OPENAI_API_KEY=SECRET),
            "unencrypted",
        ),
        (ModelRequest("custom", base_url="http://h.example", headers=(f"x-api-key: {SECRET}",)), {}, "unencrypted"),
    ],
)
def test_values_that_must_not_meet(wish: ModelRequest, variables: dict[str, SettingSource], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        chosen(wish, variables)

    assert caught.value.exit_code == 78
    assert SECRET not in str(caught.value) + caught.value.advice
    if "unencrypted" in message:
        assert "https://" in caught.value.advice
        assert "If it wants no key: do without " in caught.value.advice
    else:
        assert "--env-file" in caught.value.advice
        assert "--no-env-file" in caught.value.advice


def test_a_trusted_key_wins_over_a_local_one_of_another_name() -> None:
    choice = chosen(ModelRequest("gemini"), local(GOOGLE_API_KEY="A") | trusted(GEMINI_API_KEY="U"))

    assert choice.key == "U"


@each(
    ("provider", "variables", "auth"),
    [
        ("openai", trusted(OPENAI_API_KEY="k"), ("Authorization", "Bearer k")),
        ("anthropic", trusted(ANTHROPIC_API_KEY="k"), ("x-api-key", "k")),
        ("anthropic", trusted(ANTHROPIC_AUTH_TOKEN="t"), ("Authorization", "Bearer t")),
        ("anthropic", trusted(ANTHROPIC_AUTH_TOKEN="t", ANTHROPIC_API_KEY="k"), ("x-api-key", "k")),
        ("gemini", trusted(GEMINI_API_KEY="k"), ("x-goog-api-key", "k")),
        ("gemini", trusted(GEMINI_API_KEY="k", GOOGLE_API_KEY="g"), ("x-goog-api-key", "g")),
        ("huggingface", trusted(HF_TOKEN="k"), ("Authorization", "Bearer k")),
        ("ollama", {}, None),
        ("ollama", trusted(OLLAMA_API_KEY="k"), ("Authorization", "Bearer k")),
    ],
)
def test_the_key_goes_into_the_header_of_its_service(
    provider: str, variables: dict[str, SettingSource], auth: tuple[str, str] | None
) -> None:
    assert chosen(ModelRequest(provider), variables).endpoint.auth == auth


@each(
    ("variables", "remarks"),
    [
        (trusted(GOOGLE_API_KEY="k"), ()),
        (trusted(GOOGLE_API_KEY="k", GEMINI_API_KEY="k"), ()),
        (
            trusted(GOOGLE_API_KEY="k", GEMINI_API_KEY="other"),
            ("GOOGLE_API_KEY is used; GEMINI_API_KEY also set, and not used",),
        ),
        (local(GEMINI_API_KEY="k"), ("using GEMINI_API_KEY from ./.env",)),
    ],
)
def test_it_is_said_which_key_is_used_where_that_is_not_plain(
    variables: dict[str, SettingSource], remarks: tuple[str, ...]
) -> None:
    assert chosen(ModelRequest("gemini"), variables).remarks == remarks


@each("around", ["{}", " {}", "{}\n", "{}\r\n", "\t{} \n", '"{}"', "'{}'", ' "{}" '])
def test_blanks_and_quotes_around_a_key_are_taken_off(around: str) -> None:
    assert chosen(ModelRequest("openai"), trusted(OPENAI_API_KEY=around.format(SECRET))).key == SECRET


@each("odd", ["\r", "\n", "\0", " ", "…", "\u200b", "\ufeff", "“", "é", "\x7f", "\x1b"])
@each("before", ["sk-secret-", ""])
def test_a_key_with_any_other_character_is_refused_and_never_repeated(odd: str, before: str) -> None:
    key = f"{before or 'sk-'}{odd}0123456789-secret"

    with pytest.raises(ConfigurationError) as caught:
        chosen(ModelRequest("openai"), trusted(OPENAI_API_KEY=key))

    said = str(caught.value) + caught.value.advice + repr(caught.value)
    assert "OPENAI_API_KEY" in said
    assert "secret" not in said
    assert "0123" not in said
    assert caught.value.__cause__ is None


@each("key", ['""', "''", '"'])
def test_a_key_of_nothing_but_quotes_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError):
        chosen(ModelRequest("openai"), trusted(OPENAI_API_KEY=key))


@each(
    ("provider", "variables", "names"),
    [
        ("openai", {}, "OPENAI_API_KEY is not set"),
        ("gemini", {}, "GOOGLE_API_KEY or GEMINI_API_KEY is not set"),
        ("azure", trusted(AZURE_OPENAI_ENDPOINT="https://h"), "AZURE_OPENAI_API_KEY"),
        ("openai", trusted(ANTHROPIC_API_KEY="k"), "OPENAI_API_KEY is not set"),
    ],
)
def test_a_missing_key_is_named_before_anything_is_sent(
    provider: str, variables: dict[str, SettingSource], names: str
) -> None:
    with pytest.raises(NoKey, match=names) as caught:
        chosen(ModelRequest(provider, "m"), variables)

    assert "export " in caught.value.advice


@each(
    ("wish", "variables"),
    [
        (ModelRequest("ollama"), {}),
        (ModelRequest("lmstudio"), {}),
        (ModelRequest("openai", base_url="http://127.0.0.1:9/v1"), {}),
        (ModelRequest("openai", headers=("Authorization: Bearer own",)), {}),
    ],
)
def test_no_key_is_needed_where_the_server_may_do_without(
    wish: ModelRequest, variables: dict[str, SettingSource]
) -> None:
    assert chosen(wish, variables).endpoint.auth is None


def test_headers_come_from_variables_and_from_the_command_line() -> None:
    wish = ModelRequest("openai", headers=("X-Title: notes: 1", "X-Empty:"))

    choice = chosen(wish, trusted(OPENAI_API_KEY="k", OPENAI_ORG_ID=" org-1\n", OPENAI_PROJECT_ID="proj"))

    assert choice.endpoint.headers == (
        ("OpenAI-Organization", "org-1"),
        ("OpenAI-Project", "proj"),
        ("X-Title", "notes: 1"),
        ("X-Empty", ""),
    )


@each("header", [f"Bearer {SECRET}", f": {SECRET}", f"X Y: {SECRET}", f"X: {SECRET}\n", f"X: {SECRET}…"])
def test_a_wrong_header_is_refused_and_never_repeated(header: str) -> None:
    if header.endswith("\n"):
        header = header.replace(SECRET, f"{SECRET}\nY: 1")

    with pytest.raises(UsageError, match="--header wants Name: value") as caught:
        chosen(ModelRequest("ollama", headers=(header,)), {})
    assert SECRET not in str(caught.value) + caught.value.advice


def test_a_wrong_header_variable_is_named() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_ORG_ID"):
        chosen(ModelRequest("openai"), trusted(OPENAI_API_KEY="k", OPENAI_ORG_ID="a\nb"))


def test_a_choice_never_shows_its_key() -> None:
    choice = chosen(ModelRequest("openai"), trusted(OPENAI_API_KEY=SECRET))

    assert choice.key == SECRET
    assert SECRET not in repr(choice) + str(choice)


@each(
    ("before", "key"),
    [(trusted(ANTHROPIC_AUTH_TOKEN="shell"), "shell"), (local(ANTHROPIC_AUTH_TOKEN="folder"), "folder"), ({}, "kept")],
)
def test_a_stored_key_counts_after_one_of_another_name_that_is_set(before: dict[str, SettingSource], key: str) -> None:
    choice = chosen(ModelRequest("anthropic"), {**stored(ANTHROPIC_API_KEY="kept"), **before})
    assert choice.with_key().key == key


def test_a_stored_key_is_fetched_only_when_it_is_to_be_sent() -> None:
    asked: list[str] = []
    fetch = lambda: asked.append("now") or f' "{SECRET}"'  # type: ignore[func-returns-value]  # noqa: E731
    variables = {"ANTHROPIC_API_KEY": SettingSource("", "the keyring", stored=True, fetch=fetch)}
    choice = chosen(ModelRequest("anthropic"), variables)
    assert (asked, choice.key, choice.secrets) == ([], None, ())
    keyed = choice.with_key()
    assert (asked, keyed.key, keyed.endpoint.auth) == (["now"], SECRET, ("x-api-key", SECRET))
    assert keyed.with_key() is keyed
    assert keyed.secrets == (SECRET,)
    assert chosen(ModelRequest("anthropic", is_dry=True), variables).fetch_key is None


def test_a_stored_key_that_is_none_is_told_without_it() -> None:
    with pytest.raises(ConfigurationError, match="holds a character that no key has") as caught:
        chosen(ModelRequest("openai"), stored(OPENAI_API_KEY="two words")).with_key()
    assert "two" not in str(caught.value)


def test_a_stored_key_goes_to_no_address_of_the_folder() -> None:
    variables = {**stored(OPENAI_API_KEY=SECRET), **local(OPENAI_BASE_URL="https://h.example/v1")}
    with pytest.raises(ConfigurationError, match="will not be sent there"):
        chosen(ModelRequest("openai"), variables)


@each("around", ["{}", " {}\n", '"{}"'])
def test_the_same_key_has_the_same_fingerprint(around: str) -> None:
    digits = fingerprint(around.format(SECRET))
    assert digits == hashlib.sha256(SECRET.encode()).hexdigest()[:6]
