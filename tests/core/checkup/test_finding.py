"""What a finding means for the exit code, and what may be shown of it."""

from __future__ import annotations

from chatbot.core import errors
from chatbot.core.checkup.finding import Finding, exit_code, fault, of_error, pasteable, warning
from tests.tables import each


def test_what_is_configured_wrongly_comes_before_what_the_network_does() -> None:
    net, wrong = fault("a", "b", 69), fault("a", "b")
    assert exit_code([]) == exit_code([Finding("a"), warning("a", "b")]) == 0
    assert exit_code([Finding("a"), net]) == 69
    assert exit_code([wrong, net]) == exit_code([net, wrong]) == 78


@each(
    ("error", "code"),
    [
        (errors.ProxyFailed("x"), 69),
        (errors.ServerFault("x"), 69),
        (errors.RateLimited("x"), 69),
        (errors.KeyRejected("x"), 78),
        (errors.ConfigurationError("x"), 78),
        (errors.FileUnreadable("x"), 78),
    ],
)
def test_an_error_is_a_fault_with_its_way_out(error: errors.ChatError, code: int) -> None:
    found = of_error(error)
    assert (found.state, found.exit_code) == ("fault", code) and found.advice


@each(
    ("text", "shown"),
    [
        ("/home/ann/.config/chat", "~/.config/chat"),
        ("in /home/ann, and", "in ~, and"),
        ("/home/annabel/x", "/home/annabel/x"),
        ("/media/ann/disk", "/media/USER/disk"),
        ("C:\\Users\\ann\\x", "C:\\Users\\USER\\x"),
        ("annual", "annual"),
    ],
)
def test_a_path_tells_neither_home_nor_name(text: str, shown: str) -> None:
    assert pasteable(text, "/home/ann", "ann") == shown


def test_without_a_home_nothing_is_replaced() -> None:
    assert pasteable("/etc/x", "/", "") == "/etc/x"
