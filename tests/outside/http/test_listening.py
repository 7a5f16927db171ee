import socket
import subprocess
import sys
from pathlib import Path

from chatbot.lab.server.http import LabServer
from chatbot.outside.http.listening import listens, reached_at


def test_a_server_that_runs_is_found(lab: LabServer) -> None:
    assert listens(int(lab.url.rsplit(":", 1)[1]))


def test_where_nobody_listens_nobody_is_found() -> None:
    with socket.socket() as kept_free:  # bound, so that no other test listens there
        kept_free.bind(("127.0.0.1", 0))
        assert not listens(kept_free.getsockname()[1])


def test_looking_asks_nothing_of_the_server(lab: LabServer) -> None:
    listens(int(lab.url.rsplit(":", 1)[1]))
    assert lab.requests == []


def test_a_server_that_listens_only_on_ipv6_is_found() -> None:
    if not socket.has_ipv6:
        return
    with socket.socket() as kept_free:  # on IPv4 another test would be found at the same port
        kept_free.bind(("127.0.0.1", 0))
        port = kept_free.getsockname()[1]
        try:
            server = socket.create_server(("::1", port), family=socket.AF_INET6)
        except OSError:
            return  # this machine has no IPv6
        with server:
            assert listens(port) == ("::1" in str(socket.getaddrinfo("localhost", 0)))


def test_a_server_at_all_addresses_is_reached_at_one_of_this_machine() -> None:
    asks = "from chatbot.outside.http.listening import reached_at; print(reached_at('0.0.0.0'))"
    found = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout.strip()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        mine.bind((found, 0))  # an address of another machine cannot be bound
    routes = Path("/proc/net/route")
    if routes.exists() and "\t00000000\t" in routes.read_text():  # there is a way out of this machine
        assert found != "0.0.0.0"
    assert reached_at("192.168.0.2") == "192.168.0.2"
