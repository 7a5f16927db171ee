"""The guards of conftest.py do guard."""

import os
import socket
from pathlib import Path

import pytest

from chatbot.lab.server.http import LabServer
from chatbot.providers.choice import variable_names
from tests.conftest import NETWORK, PROXIES, FakeTime, NetworkForbidden
from tests.tables import each

ELSEWHERE = ("192.0.2.1", 80)  # TEST-NET-1 (RFC 5737): nobody is there either way


@pytest.mark.parametrize("connect", ["connect", "connect_ex"])
def test_a_socket_cannot_leave_this_machine(connect: str) -> None:
    with socket.socket() as sock, pytest.raises(NetworkForbidden, match=r"not to 192\.0\.2\.1"):
        getattr(sock, connect)(ELSEWHERE)


def test_a_connection_cannot_leave_this_machine() -> None:
    with pytest.raises(NetworkForbidden):
        socket.create_connection(ELSEWHERE, timeout=1)


@each("name", ["example.com", b"example.com", "api.openai.com"])
def test_names_are_not_looked_up(name: str) -> None:
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo(name, 443)


def test_loopback_is_open(lab: LabServer) -> None:
    port = int(lab.url.rsplit(":", 1)[1])
    socket.create_connection(("localhost", port), timeout=5).close()


def test_the_home_folder_is_a_temporary_one() -> None:
    assert Path("~").expanduser() == Path.home()
    assert "pytest" in str(Path.home())
    assert all(os.environ[name].startswith(str(Path.home())) for name in os.environ if name.startswith("XDG_"))


def test_no_setting_of_whoever_runs_the_tests_is_seen() -> None:
    assert not {*variable_names(), *PROXIES, *NETWORK} & set(os.environ)


def test_the_screen_is_always_the_same() -> None:
    assert (os.environ["COLUMNS"], os.environ["LINES"], os.environ["NO_COLOR"]) == ("80", "24", "1")
    assert "FORCE_COLOR" not in os.environ


def test_the_clock_moves_only_by_sleeping(time_: FakeTime) -> None:
    before_s = time_.clock()
    time_.sleep(7.5)
    assert time_.clock() - before_s == 7.5
    assert time_.slept == [7.5]
