"""What `chat serve` refuses before it listens."""

from __future__ import annotations

import pytest

from chatbot.cli.serve.command import TOKEN_VARIABLE, Serving, _origin, _token
from chatbot.core.errors import ChatError, ConfigurationError, UsageError
from tests.tables import each


def test_on_this_machine_no_token_is_wanted_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    for host in ("127.0.0.1", "localhost", "::1"):
        assert _token(Serving(host=host)) == ("", False)
    first, second = _token(Serving(token=True)), _token(Serving(token=True, host="0.0.0.0"))
    assert first[1] and second[1]
    assert first[0] != second[0]
    assert len(first[0]) >= 32


@each("host", ["0.0.0.0", "::", "192.168.0.2", "desk.local"])
def test_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="other machines could spend your money"):
        _token(Serving(host=host))


def test_the_persons_own_token_is_taken_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "a-token-of-my-own-1")
    assert _token(Serving(token=True)) == ("a-token-of-my-own-1", False)
    for bad in ("short", "a token with blanks in it", "schlüssel-mit-umlaut"):
        monkeypatch.setenv(TOKEN_VARIABLE, bad)
        with pytest.raises(ConfigurationError) as raised:
            _token(Serving(token=True))
        assert bad not in str(raised.value)


@each("text", ["*", "http://*", "localhost", "http://a/path", "http://a?b", "", "null"])
def test_an_origin_is_one_web_page(text: str) -> None:
    with pytest.raises(ChatError, match="--cors wants the origin"):
        _origin(text)


def test_an_origin_is_as_browsers_send_it() -> None:
    assert _origin(" HTTP://LocalHost:3000/ ") == "http://localhost:3000"
    assert _origin("vscode-webview://abc") == "vscode-webview://abc"
