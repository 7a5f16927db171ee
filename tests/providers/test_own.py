"""A person's own providers, as `providers.toml` has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import ConfigurationError, UsageError
from chatbot.core.messages import FileLimits, ImageLimits
from chatbot.core.options import SettingSource
from chatbot.providers.choice import ModelRequest, choose, find_service, local_names, variable_names
from chatbot.providers.own import OwnServices, checked_name, own_services
from chatbot.providers.service import KeyVariable, Service, UrlVariable
from chatbot.providers.services import SERVICES, SHIPPED
from tests.tables import cases, each

FILE = "providers.toml"


def read(text: str) -> OwnServices:
    return own_services(text, FILE)


def fault(text: str, name: str = "desk") -> str:
    own = read(text)
    assert own.rows == ()
    return str(own.faults[name])


def test_a_row_says_only_what_differs() -> None:
    [row] = read('[Desk-2]\nbase_url = "https://desk.example/v1/"').rows
    assert row == Service(
        "desk-2",
        "desk-2",
        "https://desk.example/v1",
        source=FILE,
        key_variables=(KeyVariable("DESK_2_API_KEY"),),
        url_variables=(UrlVariable("DESK_2_BASE_URL"),),
    )


def test_a_server_on_this_machine_needs_no_key_and_is_looked_for() -> None:
    [row] = read('[desk]\nbase_url = "http://127.0.0.1:8000/v1"').rows
    assert (row.key_required, row.probe) == (False, True)
    [strict] = read('[desk]\nbase_url = "http://127.0.0.1:8000/v1"\nkey_required = true').rows
    assert (strict.key_required, strict.probe) == (True, False)


def test_each_quirk_has_a_key() -> None:
    [row] = read("""
        [desk]
        base_url = "https://desk.example/v1"
        title = "The desk"
        dialect = "anthropic"
        key_variable = "TEAM_KEY"
        key_header = "x-api-key"
        key_required = false
        model = "m"
        model_required = true
        model_prefixes = ["desk-"]
        token_limit_field = "max_completion_tokens"
        seed_field = ""
        chat_path = "/of/{model}/chat"
        header_variables = { X-Team = "TEAM" }
        query_variables = { api-version = "VERSION" }
        start_advice = "Start it."
        schemas = "strict"
        images = { media_types = ["image/png"], max_image_bytes = 10, max_edge_px = 20 }
        files = { media_types = ["application/pdf"], max_file_bytes = 30, max_pages = 40 }
    """).rows
    assert row == Service(
        "desk",
        "The desk",
        "https://desk.example/v1",
        source=FILE,
        wire="anthropic",
        key_variables=(KeyVariable("TEAM_KEY", "x-api-key"),),
        url_variables=(UrlVariable("DESK_BASE_URL"),),
        key_required=False,
        default_model="m",
        model_required=True,
        model_prefixes=("desk-",),
        token_limit_field="max_completion_tokens",
        seed_field="",
        chat_path="/of/{model}/chat",
        header_variables=(("X-Team", "TEAM"),),
        query_variables=(("api-version", "VERSION"),),
        start_advice="Start it.",
        images=ImageLimits(("image/png",), 10, 20),
        files=FileLimits(("application/pdf",), 30, 40),
        schemas="strict",
    )


@each(
    ("line", "said"),
    cases("""
        defalt_model = "m" | line 3: in [desk], 'defalt_model' means nothing; did you mean default_model?
        title = 3 | line 3: in [desk], title is a text in quotes
        key_required = "no" | line 3: in [desk], key_required is true or false
        wire = "telex" | line 3: in [desk], wire is openai, anthropic or gemini
        chat_path = "/{secret}" | line 3: in [desk], chat_path is a path that begins with /
        schemas = true | line 3: in [desk], schemas is strict, any or none
        images = { max_edge = 1 } | line 3: in [desk], images is a table of media_types
        files = { max_bytes = 1 } | line 3: in [desk], files is a table of media_types
        images = { max_edge_px = true } | line 3: in [desk], images is a table of media_types
        header_variables = { "X: Y" = "TEAM" } | line 3: in [desk], header_variables is a table of headers
    """),
)
def test_a_mistake_is_told_with_its_line(line: str, said: str) -> None:
    assert f"providers.toml, {said}" in fault(f'[desk]\nbase_url = "https://desk.example/v1"\n{line}')


def test_a_key_in_the_place_of_its_variable_is_refused_and_not_repeated() -> None:
    said = fault('[desk]\nbase_url = "https://d.example/v1"\nkey_variable = "sk-secret-0123456789"')
    assert "key_variable is the name of a variable, not a key" in said
    assert "secret" not in said


@each(
    ("text", "name", "said"),
    cases(r"""
        [desk] | desk | line 1: in [desk], base_url is missing
        desk = 3 | desk | a provider is a table
        [desk]\nbase_url = "ftp://x" | desk | line 2: in [desk], base_url is no base URL that can be used
        ["a b"]\nbase_url = "http://x" | a b | a name is made of letters, digits
        [openai]\nbase_url = "http://x" | openai | openai is a provider that chat has already
        [claude]\nbase_url = "http://x" | claude | claude is a provider that chat has already
        [desk]\nx = [ | desk | providers.toml is not TOML
        [desk]\nx = [ |  | providers.toml is not TOML
    """),
)
def test_a_row_that_cannot_be_used_says_why(text: str, name: str, said: str) -> None:
    assert said in fault(text, name)


def test_a_wrong_row_costs_no_other() -> None:
    own = read('[bad]\n[good]\nbase_url = "https://d.example/v1"')
    assert [row.name for row in own.rows] == ["good"]
    assert [*own.faults] == ["bad"]


@given(st.text())
def test_no_text_is_a_fault_of_the_program(text: str) -> None:
    read(text)
    read(f"[desk]\n{text}")
    read(f"[desk]\nbase_url = 'http://x'\ntitle = '{text}'")


@each("name", ["Desk", "my-server", "a.b_1"])
def test_a_name_is_kept_in_lower_case(name: str) -> None:
    assert checked_name(name) == name.lower()


@each("name", ["", "a b", "../x", "openai", "-x", "x" * 80])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        checked_name(name)


OWN = read(
    '[desk]\nbase_url = "https://desk.example/v1"\nmodel = "m"\nheader_variables = { X-Team = "TEAM" }\n'
    '[here]\nbase_url = "http://127.0.0.1:9/v1"\n[broken]\n'
)
TABLE = SHIPPED.with_own(OWN.rows, OWN.faults)


@each(
    ("wish", "variables", "name", "model"),
    [
        (ModelRequest("desk", "x"), {}, "desk", "x"),
        (ModelRequest("DESK", "desk/a/b"), {}, "desk", "a/b"),
        (ModelRequest(None, "desk/x"), {}, "desk", "x"),
        (ModelRequest(), {"CHAT_PROVIDER": SettingSource("desk", "the environment")}, "desk", None),
        (ModelRequest(), {"CHAT_MODEL": SettingSource("here/x", "the environment")}, "here", "x"),
        (ModelRequest(), {"DESK_API_KEY": SettingSource("k", "the environment")}, "desk", None),
        (ModelRequest(None, "x", "https://desk.example/other"), {}, "desk", "x"),
        (ModelRequest(None, "openai/broken/x"), {}, "openai", "broken/x"),
    ],
)
def test_an_own_provider_is_named_as_any_other(
    wish: ModelRequest, variables: dict[str, SettingSource], name: str, model: str | None
) -> None:
    service, own_model = find_service(wish, variables, TABLE)
    assert service is not None
    assert (service.name, own_model) == (name, model)


def test_its_key_goes_to_its_address_and_its_variables_are_known() -> None:
    variables = {"DESK_API_KEY": SettingSource("k-123", "the environment"), "TEAM": SettingSource("t", "./.env", True)}
    service, model = find_service(ModelRequest("desk"), variables, TABLE)
    assert service is not None
    target = choose(service, model, ModelRequest("desk"), variables)
    assert target.endpoint.base_url == "https://desk.example/v1"
    assert target.endpoint.auth == ("Authorization", "Bearer k-123")
    assert target.endpoint.headers == (("X-Team", "t"),)
    assert target.model == "m"
    assert {"DESK_API_KEY", "DESK_BASE_URL"} <= local_names(TABLE)
    assert "TEAM" in variable_names(TABLE)
    assert "TEAM" not in local_names(TABLE)


@pytest.mark.parametrize("wish", [ModelRequest("broken"), ModelRequest(None, "Broken/x")])
def test_a_question_that_names_a_broken_row_is_told_its_fault(wish: ModelRequest) -> None:
    with pytest.raises(ConfigurationError, match="base_url is missing"):
        find_service(wish, {}, TABLE)


def test_an_unknown_name_is_told_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="did you mean desk"):
        find_service(ModelRequest("dsk"), {}, TABLE)


def test_an_unknown_name_may_stand_in_a_file_that_cannot_be_read() -> None:
    broken = read("x = [")
    with pytest.raises(ConfigurationError, match="is not TOML"):
        find_service(ModelRequest("anything"), {}, SHIPPED.with_own(broken.rows, broken.faults))
    assert find_service(ModelRequest("openai"), {}, SHIPPED.with_own((), broken.faults))[0] == SERVICES[0]
