"""No secret is in the environment of a tool."""

from __future__ import annotations

from chatbot.outside.tools.environment import without_any_secret
from tests.tables import each

KEY = "sk-abcdefghijklmnopqrstuvwx"


@each(
    "name",
    "OPENAI_API_KEY OPENAI_API_KEY_COMMAND GITHUB_TOKEN AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID DB_PASSWORD DB_PASS "
    "PGPASSWD MYSQL_PWD NPM_CONFIG__AUTH GOOGLE_APPLICATION_CREDENTIALS A_COOKIE openai_key GHTOKEN GH_PAT".split(),
)
def test_a_variable_that_is_called_a_key_is_not_handed_on(name: str) -> None:
    assert without_any_secret({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_nor_one_of_a_service_whatever_it_is_called_nor_one_that_holds_what_is_in_another() -> None:
    environ = {
        "MY_SERVICE": "plain-but-secret",
        "CURL_OPTIONS": "-H x:plain-but-secret",
        "HTTPS_PROXY": "http://me:word@proxy.example:8080",
        "NOTE": f"the key is {KEY}",
        "HEADER": "Authorization: Bearer abcdefghijkl",
        "HOME": "/home/me",
    }
    assert without_any_secret(environ, ["MY_SERVICE"]) == {"HOME": "/home/me"}


def test_what_a_program_needs_is_handed_on() -> None:
    needed = (
        "PATH=/usr/bin HOME=/home/me PWD=/home/me OLDPWD=/home LANG=C.UTF-8 SSH_AUTH_SOCK=/tmp/ssh KEYBOARD=de "
        "VIRTUAL_ENV=/home/me/.venv"
    )
    environ = dict(variable.split("=") for variable in needed.split())
    assert without_any_secret({**environ, "DEBUG_TOKEN": "1"}) == environ
