"""What holds for every test: no network but loopback, no home folder, a fixed screen, no settings of their runner."""

from __future__ import annotations

import faulthandler
import gc
import ipaddress
import os
import socket
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from chatbot.core.addresses import is_loopback
from chatbot.lab.server.http import LabServer
from chatbot.providers.choice import variable_names
from tests import forked, workers
from tests.processes import feel_signals

WORKER = pytest.StashKey[str]()
MOST_S = 60.0
WOUND_AFTER_S = 10.0
PROXIES = "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy".split()
NETWORK = "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NETRC SSLKEYLOGFILE".split()
COLOUR = "FORCE_COLOR CLICOLOR CLICOLOR_FORCE COLORTERM".split()


def _folders_in_memory(place: str = "/dev/shm", room_bytes: int = 2 * 2**30) -> None:
    """The folders of the tests are in memory where there is room: each commit of a database waits for the disk.
    Whoever has set TMPDIR has chosen another place.
    """
    try:
        found = os.statvfs(place)
    except (OSError, AttributeError):
        return
    may_run = not found.f_flag & (os.ST_NOEXEC | os.ST_RDONLY)  # scripts of the tests are there too
    if may_run and found.f_bavail * found.f_frsize > room_bytes and os.access(place, os.W_OK):
        os.environ.setdefault("TMPDIR", place)
        tempfile.tempdir = None  # it is asked for anew


_folders_in_memory()

# How long an example takes says nothing here: other work on the machine may slow it down.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """With `-n`: who has nothing left takes over tests of the others. The journeys are dear, and stand together."""
    if getattr(config.option, "numprocesses", None):
        if config.option.dist == "no":
            config.option.dist = "worksteal"
        if forked.CAN_FORK:
            config.stash[WORKER] = workers.begin(config)
            os.environ[forked.ADDRESS] = forked.server_address()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    if WORKER in config.stash:
        for spec in specs:
            spec.python = config.stash[WORKER]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto`: over twice as many as cores: each waits half of the time, for a process or what hangs."""
    return 2 * (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """All the tests stay to the end: Python's collector of garbage need not go through them, now or later.
    It looks for garbage after 10,000 new objects, not after 700: that took a tenth of the CPU of the tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


class Clock:
    """Ends the process in which a test takes a minute, or up to ten seconds more, and tells what each thread is at. It
    is not wound for each test: that begins a thread, which costs as much as many a test does.
    """

    def __init__(self) -> None:
        self._wound_s = -WOUND_AFTER_S

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
        now_s = time.monotonic()
        if now_s > self._wound_s + WOUND_AFTER_S:
            self._wound_s = now_s
            told_to = item.config.stash[fault_handler_stderr_fd_key]
            faulthandler.dump_traceback_later(MOST_S + WOUND_AFTER_S, exit=True, file=told_to)
        try:
            return (yield)
        finally:
            if nextitem is None:
                faulthandler.cancel_dump_traceback_later()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Clock())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """With `-n`: a worker tells of a test that it passed, once, and not in six messages; they cost as much as the test.
    Whatever else happened to it is told as ever.
    """
    if not hasattr(item.config, "workerinput") or item.config.option.durations is not None:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine. Not an OSError, so that no code takes it for an ordinary failure."""


@pytest.fixture(scope="session", autouse=True)
def _guards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _forbid_network(patch)
        _hide_home(patch, tmp_path_factory.mktemp("home"))
        feel_signals()
        choices = [name for name in os.environ if name.startswith("CHAT_")]
        for name in (*variable_names(), *choices, *PROXIES, *NETWORK, *COLOUR):
            patch.delenv(name, raising=False)
        patch.setenv("COLUMNS", "80")
        patch.setenv("LINES", "24")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "dumb")
        yield


def _forbid_network(patch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_loopback(name) and not _is_number(name):
            raise NetworkForbidden(f"tests do not look up {name}")
        return look_up(host, *args, **options)

    def kept_here(real: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family != getattr(socket, "AF_UNIX", None) and not is_loopback(str(address[0])):
                self.close()  # who called closes it only after an OSError
                raise NetworkForbidden(f"tests talk to loopback only, not to {address[0]}")
            return real(self, address)

        return connect

    patch.setattr(socket, "getaddrinfo", look_up_here)
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, kept_here(getattr(socket.socket, name)))


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _hide_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    patch.setenv("HOME", str(home))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))


@pytest.fixture
def lab() -> Iterator[LabServer]:
    """The lab in a hurry: slow answers are fast, hanging ones hang until the test is over."""
    with LabServer(pace_s=0.002, hang_s=20.0) as server:
        yield server


class FakeTime:
    """A clock that only moves when somebody sleeps. `slept` are the seconds of each sleep."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now_s

    def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)
        self.now_s += delay_s


@pytest.fixture
def time_() -> FakeTime:
    return FakeTime()
