from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from chatbot.outside.desktop.signals import Interrupts
from tests.tables import each

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def default_handlers() -> Iterator[None]:
    """As the shell starts a program, whatever pytest has done."""
    before = {number: signal.getsignal(number) for number in ENDING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in ENDING[1:]:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    """The handler runs before this returns."""
    signal.raise_signal(number)


@each("number", ENDING)
def test_the_first_signal_is_noted_and_wakes_who_waits(number: int) -> None:
    woken: list[str] = []
    with Interrupts() as interrupts:
        interrupts.wake = lambda: woken.append("woken")
        assert not interrupts.stopped()
        send(number)
        assert interrupts.stopped()
    assert (interrupts.number, woken) == (number, ["woken"])


@each("second", ENDING)
def test_the_second_signal_ends_it_at_once(second: int) -> None:
    with Interrupts() as interrupts:
        send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send(second)
    assert interrupts.number == signal.SIGTERM


def test_who_begins_to_wait_after_a_signal_is_woken_too() -> None:
    woken: list[str] = []
    with Interrupts() as interrupts:
        send(signal.SIGINT)
        interrupts.wake = lambda: woken.append("woken")
    assert woken == ["woken"]


def test_afterwards_everything_is_as_before() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    with pytest.raises(ZeroDivisionError), Interrupts():
        assert [signal.getsignal(number) for number in ENDING] != before
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in ENDING] == before
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


@each("number", ENDING)
def test_a_signal_that_was_ignored_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with Interrupts() as interrupts:
        send(number)
        assert signal.getsignal(number) is signal.SIG_IGN
    assert interrupts.number is None


def test_nohup_is_respected() -> None:
    script = (
        "import os, signal\nfrom chatbot.outside.desktop.signals import Interrupts\n"
        "with Interrupts() as interrupts:\n    os.kill(os.getpid(), signal.SIGHUP)\nprint(interrupts.number)"
    )
    command = ["sh", "-c", 'trap "" HUP; exec "$0" -c "$1"', sys.executable, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (done.stdout, done.returncode) == ("None\n", 0), done.stderr


def test_one_after_the_other() -> None:
    for _ in range(2):
        with Interrupts() as interrupts:
            send(signal.SIGINT)
        assert interrupts.number == signal.SIGINT


def test_a_new_size_of_the_screen_only_wakes() -> None:
    woken: list[str] = []
    with Interrupts(on_screen=True) as interrupts:
        interrupts.wake = lambda: woken.append("woken")
        before = signal.getsignal(signal.SIGWINCH)
        send(signal.SIGWINCH)
        assert callable(before)
    assert (interrupts.stopped(), interrupts.pause_wanted) == (False, False)
    assert woken == ["woken"]


def test_ctrl_z_waits_until_the_screen_is_in_order() -> None:
    with Interrupts(on_screen=True) as interrupts:
        send(signal.SIGTSTP)
        assert (interrupts.pause_wanted, interrupts.stopped()) == (True, False)


def test_a_pause_stops_the_process_until_the_shell_lets_it_go_on() -> None:
    child = os.fork()
    if not child:
        os.setpgid(0, 0)  # in an orphaned process group, which the tests may run in, nothing can be stopped
        code = 1
        try:
            with Interrupts(on_screen=True) as interrupts:
                send(signal.SIGTSTP)
                interrupts.stop_process()
                code = 0 if not interrupts.pause_wanted else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(child, signal.SIGCONT)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
