"""Each rule has a client that passes it and one that fails it, and says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatbot.lab.grade.cases import CASE_BY_NAME, CASES
from chatbot.lab.grade.changes import takes_gzip
from chatbot.lab.grade.client import WIRES
from chatbot.lab.grade.grading import Case, judged
from chatbot.lab.grade.observation import Observation
from chatbot.lab.grade.rules import waits_are_unclear, waits_grow
from chatbot.lab.grade.scenes import HARD_QUESTION, SCENE_BY_NAME
from chatbot.outside.processes.running import Piece
from tests.lab.grade.observed import BODY, HEADERS, KEY, ran, received, seen
from tests.tables import each

WHOLE, HALF = "All of the answer.", "The lab sends this answer one word"
ANSWERED = seen(ran(WHOLE + "\n"), says=WHOLE, sent_s=0.9)
TRACEBACK = "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nKeyError: 'choices'\n"
CRASHED = seen(ran("", TRACEBACK, 1))
SILENT = seen(ran())
NEVER = seen(ran("", "no such module", 1), ())
HUNG = seen(ran(ended="ended", code=-9, took_s=16.0))
STOPPED: dict[str, Any] = {"interrupted_s": 0.9, "code": 130}
Pair = tuple[Any, Any, str]  # what passes, what fails, and words of what is seen in that


def refused(words: str, code: int = 1) -> Observation:
    return seen(ran("", f"error: {words}\n", code))


def after(*at_s: float, out: str = WHOLE, **more: Any) -> Observation:
    return seen(ran(out, **more), at_s, says=WHOLE)


def whole_or(out: str) -> Pair:
    return ANSWERED, ANSWERED._replace(run=ran(out)), "from byte" if out.strip() else "wrote nothing"


def told(words: str) -> Pair:
    return refused(words), seen(ran("", f"error: {words}\n", 0)), "as if all were well"


PAIRS: dict[str, Pair] = {
    "answer": (ANSWERED, ANSWERED._replace(run=ran("All of the\nanswer.")), "'All of the\\nanswer.'"),
    "exit-0": (ANSWERED, ANSWERED._replace(run=ran(WHOLE, code=1)), "exit code 1"),
    "live": (ANSWERED, ANSWERED._replace(sent_s=0.45), "when the last one had come"),
    "hard-answer": whole_or("All of the answer\\."),
    "reasoning": whole_or("Let me think. All of the answer."),
    "many-events": whole_or("All of the"),
    "huge-line": whole_or(""),
    "escapes-in-pipe": whole_or("All of answer."),
    "escapes-on-terminal": (
        seen(ran("Colour red\x1b[0m\x1b]0;mine\x07")),
        seen(ran("Colour \x1b]52;c;ZXZpbA==\x07")),
        "]52;c;ZXZpbA==' reached the terminal",
    ),
    "asked-once": (ANSWERED, after(0.1, 0.2), "2 requests"),
    "well-formed": (
        ANSWERED,
        seen(ran(), request=received({**HEADERS, "content-type": "application/x-www-form-urlencoded"})),
        "x-www-form-urlencoded",
    ),
    "hard-question": (
        seen(ran(), request=received(body={"messages": [{"content": HARD_QUESTION}]}), question=HARD_QUESTION),
        seen(ran(), request=received(body=b'{"content": "Say "hi""}'), question=HARD_QUESTION),
        "the question broke it",
    ),
    "stdin": (ANSWERED, seen(ran(), request=received(body={"messages": [{"content": "Why"}]})), "'Why'"),
    "key-in-header": (
        ANSWERED,
        seen(ran(), request=received(path=f"/v1beta/models/m:streamGenerateContent?key={KEY}")),
        "in the address",
    ),
    "key-not-in-words": (
        ANSWERED._replace(command_lines=(b"sh\0client.sh\0", b"curl\0-K\0-\0")),
        ANSWERED._replace(command_lines=(b"sh\0client.sh\0", f"curl\0-H\0Bearer {KEY}\0".encode())),
        "ps shows it in the words of curl",
    ),
    "key-not-shown": (refused("wrong key sk-lab-0123...cdef"), refused(f"wrong key {KEY}"), "standard error"),
    "key-stays": (
        ANSWERED._replace(elsewhere=(received({}),)),
        ANSWERED._replace(elsewhere=(received({"x-api-key": KEY}),)),
        "in x-api-key",
    ),
    "status-400": told("the question is too long"),
    "status-401": (refused("the key was rejected"), CRASHED, "KeyError"),
    "status-403": (refused("this key may not do that: permission denied"), refused("oops"), "does not say what it is"),
    "status-404": told("there is no model m"),
    "status-429": (refused("too many requests"), after(0.1, 0.6), "after 0.5 s, not after an hour"),
    "status-500": (refused("HTTP 500"), seen(ran("", "", 1)), "and not a word"),
    "status-503": told("overloaded"),
    "html-502": (refused("HTTP 502"), seen(ran("<html>502 Bad Gateway</html>", "error", 1)), "page"),
    "html-200": (refused("a web page came"), seen(ran("<!DOCTYPE html>", "", 0)), "page"),
    "error-200": told("the server failed"),
    "empty-200": (refused("nothing came"), SILENT, "as if all were well"),
    "no-text": (seen(ran("", "the answer is empty")), SILENT, "not a word"),
    "stderr": (refused("wrong key"), seen(ran("error: wrong key\n", "", 1)), "'error: wrong key'"),
    "told-apart": (
        (refused("key", 77), refused("busy", 75), refused("cut", 74)),
        (refused("key"), refused("busy"), refused("cut")),
        "a rejected key: 1, a busy service: 1",
    ),
    "retry-after": (after(0.1, 3.2), after(0.1, 2.1), "after 2.00 s"),
    "retry-after-date": (after(0.1, 3.2), after(0.1, 2.1), "after 2.00 s"),
    "retry-busy": (after(0.1, 0.6, 1.6), after(0.1, out="", code=1), "did not ask again"),
    "retry-500": (after(0.1, 0.6), after(0.1, 0.6, out="", code=1), "wrote nothing"),
    "retry-reset": (after(0.1, 0.6), after(0.1, out="", code=1), "did not ask again"),
    "waits-grow": (
        (after(0, 0.5, 1.5, 3.5), after(0, 0.4, 1.2, 2.8), after(0, 0.5, 1.5), after(0, 0.5, 1.5, 3.5)),
        (after(0, 1, 2, 3),) * 8,
        "the first wait 1.0 to 1.0 s, the last 1.0 to 1.0 s, in 8 runs",
    ),
    "retries-end": (after(0, 1, 2, code=1), seen(ran(ended="ended"), range(30)), "30 requests, and no end"),
    "retry-same": (
        after(0.1, 0.6),
        ANSWERED._replace(asked=(*ANSWERED.asked, *seen(ran(), request=received(body={})).asked)),
        "had changed",
    ),
    "no-retry-400": (refused("too long"), after(0.1, 0.6), "2 times"),
    "no-retry-401": (refused("key"), after(0.1, 0.6), "2 times"),
    "timeout": (refused("nothing came"), HUNG, "still waited after 16 s"),
    "timeout-in-stream": (seen(ran(HALF, "nothing more came", 1)), seen(ran(HALF)), "exit code 0"),
    "cut": told("the connection broke"),
    "cut-kept": (seen(ran(HALF, "cut", 1)), seen(ran("", "cut", 1)), "wrote nothing"),
    "half-an-event": (refused("cut"), CRASHED, "a crash"),
    "no-end": told("no finish reason came"),
    "error-in-stream": told("overloaded"),
    "length": (
        seen(ran(WHOLE, "the token limit was met"), says=WHOLE),
        seen(ran("up to the limit"), says=WHOLE),
        "not a word",
    ),
    "filtered": (seen(ran("", "withheld by the filter", 1), says=WHOLE), seen(ran(WHOLE), says=WHOLE), "not a word"),
    **{
        name: whole_or("All of the ans\\xc3wer.")
        for name in "split-utf8 split-bytes crlf comments other-events data-in-lines no-blank bom no-done".split()
    },
    "gzip": (
        ANSWERED._replace(asked=seen(ran(), request=received({**HEADERS, "accept-encoding": "gzip"})).asked),
        seen(ran("\x1f"), request=received({**HEADERS, "accept-encoding": "br, gzip"}), says=WHOLE),
        "from byte 0",
    ),
    "early-hints": whole_or(""),
    "ctrl-c": (seen(ran(HALF, **STOPPED)), seen(ran(HALF, **{**STOPPED, "took_s": 9.0})), "went on for 8.1 s"),
    "ctrl-c-kept": (seen(ran(HALF, **STOPPED)), seen(ran("", **STOPPED)), "wrote nothing"),
    "ctrl-c-exit": (seen(ran(HALF, **STOPPED)), seen(ran(HALF, interrupted_s=0.9)), "exit code 0"),
    "closed-pipe": (seen(ran(code=-13)), seen(ran("", "BrokenPipeError: [Errno 32]", 120)), "BrokenPipe"),
    "nothing-left": (ANSWERED, ANSWERED._replace(run=ran(left=2)), "2 ran on"),
}


def marked(name: str, observations: Any, wire: str = "openai") -> tuple[str, str]:
    case = CASE_BY_NAME[name]
    given = (observations,) if isinstance(observations, Observation) else observations
    if len(given) < len(case.scenes) and case.scenes[0] == "plain":  # what differs from a whole answer
        given = (ANSWERED, *given)
    given = (*given, *(after(0.1, 0.6),) * (len(case.scenes) - len(given)))  # the usual waits
    scenes = {**dict(zip(case.scenes, given, strict=False)), **_more(case, given[len(case.scenes) :])}
    mark = judged(case, scenes, wire)
    return mark.verdict, mark.seen


def _more(case: Case, given: Sequence[Observation]) -> dict[str, Observation]:
    """What was seen in more runs."""
    assert case.more or not given
    return {f"{case.more[0]} #{number}": each for number, each in enumerate(given)}


@each("name", CASE_BY_NAME)
def test_each_case_has_a_client_that_passes_and_one_that_fails(name: str) -> None:
    good, bad, words = PAIRS[name]
    assert marked(name, good)[0] == "pass", marked(name, good)
    verdict, said = marked(name, bad)
    assert verdict == "fail"
    assert words in said


def test_there_are_enough_cases_and_each_is_said_in_sentences() -> None:
    assert len(CASES) == len(CASE_BY_NAME) == len(PAIRS) > 40
    for case in CASES:
        assert set(case.scenes) <= set(SCENE_BY_NAME) and set(case.wires) <= set(WIRES)
        assert all(said[0].isalnum() and said.endswith((".", ")")) for said in (case.done, case.expected, case.teaches))


NOT_ABOUT_THE_QUESTION = {"nothing-left", "told-apart"}


@each("name", sorted(set(CASE_BY_NAME) - NOT_ABOUT_THE_QUESTION))
def test_a_client_that_never_asks_passes_nothing(name: str) -> None:
    given = (NEVER,) * len(CASE_BY_NAME[name].scenes)
    assert marked(name, given) == ("fail", "no question came: exit code 1 'no such module'")


def test_a_client_that_asks_for_no_stream_is_not_marked_for_its_frames() -> None:
    whole = ANSWERED._replace(asked=seen(ran(), streamed=False).asked)
    assert marked("crlf", whole) == ("n/a", "it asks for no stream")
    assert judged(CASE_BY_NAME["crlf"], {}, "openai").verdict == "n/a"  # it was not even played
    assert marked("live", whole)[0] == "fail"
    assert marked("answer", whole)[0] == "pass"


@each(
    ("name", "observation", "wire", "why"),
    [
        ("no-done", ANSWERED, "gemini", "this wire format has no such thing"),
        ("gzip", ANSWERED, "openai", "it asks for no compression"),
        ("stdin", ANSWERED._replace(takes_stdin=False), "openai", "a part of a word"),
        ("key-not-in-words", ANSWERED, "openai", "this system does not tell"),
        ("retry-same", refused("busy"), "openai", "it did not ask again"),
        ("ctrl-c", refused("timed out"), "openai", "it had ended before"),
        ("ctrl-c-exit", refused("timed out"), "openai", "it had ended before"),
    ],
)
def test_what_a_rule_cannot_say_is_no_fail(name: str, observation: Observation, wire: str, why: str) -> None:
    verdict, said = marked(name, observation, wire)
    assert (verdict, why in said) == ("n/a", True)


@each(
    ("wire", "headers", "verdict"),
    [
        ("openai", {"authorization": f"Bearer {KEY}"}, "pass"),
        ("openai", {"authorization": f"bearer {KEY}"}, "pass"),
        ("openai", {"authorization": KEY}, "fail"),
        ("openai", {"x-api-key": KEY}, "fail"),
        ("responses", {"authorization": f"Bearer {KEY}"}, "pass"),
        ("anthropic", {"x-api-key": KEY}, "pass"),
        ("anthropic", {"authorization": f"Bearer {KEY}"}, "pass"),
        ("anthropic", {}, "fail"),
        ("gemini", {"x-goog-api-key": KEY}, "pass"),
        ("gemini", {"authorization": f"Bearer {KEY}"}, "fail"),
    ],
)
def test_the_key_has_a_header_of_its_own_on_each_wire(wire: str, headers: dict[str, str], verdict: str) -> None:
    assert marked("key-in-header", seen(ran(), request=received(headers), wire=wire), wire)[0] == verdict


def test_a_required_field_is_named_where_it_is_missing() -> None:
    without = seen(ran(), request=received(body={**BODY, "messages": None} | {"model": "m"}), wire="anthropic")
    assert marked("well-formed", without, "anthropic") == ("fail", "max_tokens is missing in the body")


@each(
    ("line", "crashes"),
    [
        ("Traceback (most recent call last):", True),
        ("    at Object.<anonymous> (/home/me/client.js:10:5)", True),
        ("panic: runtime error: index out of range", True),
        ('Exception in thread "main" java.lang.NullPointerException', True),
        ("thread 'main' panicked at src/main.rs:3:5", True),
        ("Can't use an undefined value as a HASH reference at client.pl line 12.", True),
        ("\tat com.example.Client.main(Client.java:12)", True),
        ("   at Client.Main() in /home/me/Client.cs:line 12", True),
        ("PHP Fatal error:  Uncaught TypeError: array_keys()", True),
        ("client.rb:9:in `ask': undefined method `[]' for nil (NoMethodError)", True),
        ("error: the key was rejected at api.example.com:443", False),
        ("it panics not: at 10:05 the key failed", False),
    ],
)
def test_a_crash_is_told_from_a_sentence(line: str, crashes: bool) -> None:
    verdict, said = marked("status-401", refused(f"key\n{line}"))
    assert (verdict, "a crash in the place of a sentence" in said) == (("fail", True) if crashes else ("pass", False))


@each(
    ("grow", "runs", "found"),
    [
        (lambda n: 2**n, 4, ("pass", "waits of 0.5, 1.0, 2.0 s")),
        (lambda n: 1, 8, ("fail", "the first wait 0.5 to 0.5 s, the last 0.5 to 0.5 s, in 8 runs")),
        (lambda n: 0.01 * 2**n, 12, ("fail", "it asks again at once")),
    ],
)
def test_waits_must_grow_and_be_waits(grow: Callable[[int], float], runs: int, found: tuple[str, str]) -> None:
    times = [sum(0.5 * grow(step) for step in range(count)) for count in range(4)]
    assert waits_grow(*(after(*times),) * runs) == found


def test_few_waits_with_chance_in_them_want_more_and_are_no_fail() -> None:
    scenes = (after(0, 0.4, 1.0), after(0, 0.1, 0.3), after(0, 0.3, 0.7), after(0, 0.2, 0.3))
    assert waits_are_unclear(*scenes)
    assert marked("waits-grow", scenes)[0] == "n/a"
    assert not waits_are_unclear(*(after(0, 1, 2, 3),) * 8)
    once = (after(0, 1),) * 4
    assert not waits_are_unclear(*once)
    assert marked("waits-grow", once) == ("n/a", "it asked again once at most: there is no second wait")
    assert marked("waits-grow", (refused("busy"),) * 4) == ("fail", "it did not ask again")


@each("name", sorted(name for name, case in CASE_BY_NAME.items() if case.scenes[0] == "plain"))
def test_a_client_that_does_the_same_whatever_comes_tells_nothing(name: str) -> None:
    says_all = "error: 400 401 403 404 500 503 key too long: busy, model not allowed, token limit; filter; empty"
    scenes = len(CASE_BY_NAME[name].scenes)
    if scenes > 1:
        assert marked(name, (refused(says_all),) * scenes)[0] == "fail"


def test_what_is_said_of_every_answer_is_no_news() -> None:
    log = "12 tokens, completed in 3 s"
    always = seen(ran(WHOLE, log), says=WHOLE)
    assert marked("length", (always, always)) == ("fail", f"exit code 0: {log!r}")
    limited = seen(ran(WHOLE, f"{log}: the limit was met"), says=WHOLE)
    assert marked("length", (always, limited))[0] == "pass"


def test_who_waits_as_long_anyway_does_not_show_that_it_obeys() -> None:
    for name in ("retry-after", "retry-after-date"):
        assert marked(name, (after(0.1, 3.2), *(after(0.1, 4.1),) * 4)) == (
            "n/a",
            "it waits 4.0 s where it is told nothing",
        )
        assert marked(name, (after(0.1, 2.1), *(after(0.1, 4.1),) * 4))[0] == "fail"


def test_most_of_a_key_is_a_key_also_where_its_line_is_broken() -> None:
    assert marked("key-not-shown", refused(f"wrong key {KEY[:-3]}..."))[1] == "most of the key stands on standard error"
    assert marked("key-not-shown", refused(f"wrong key {KEY[:9]}\n    {KEY[9:]}"))[0] == "fail"
    assert marked("key-not-shown", refused(f"wrong key {KEY[:11]}...{KEY[-4:]}"))[0] == "pass"


def test_words_on_lines_of_their_own_are_kept_too() -> None:
    assert marked("cut-kept", seen(ran(HALF.replace(" ", "\n"), "cut", 1)))[0] == "pass"
    assert marked("cut-kept", seen(ran(f"{HALF}\n{HALF}", "cut", 1)))[1] == "the beginning stands there 2 times"


@each(
    ("header", "takes"),
    [
        ("gzip, deflate", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("", False),
    ],
)
def test_who_refuses_compression_gets_none(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes


def test_words_beside_the_answer_are_not_its_first_word() -> None:
    late = (Piece(0.1, False, b"AI: "), Piece(0.89, False, WHOLE.encode()))
    assert marked("live", ANSWERED._replace(run=ran()._replace(pieces=late)))[0] == "fail"


def test_the_same_question_may_be_written_in_another_order() -> None:
    other = seen(ran(), request=received(body=dict(reversed(BODY.items())))).asked
    assert marked("retry-same", ANSWERED._replace(asked=(*ANSWERED.asked, *other)))[0] == "pass"


def test_who_asks_twice_at_once_has_waited_for_nothing() -> None:
    assert marked("timeout", after(0.10, 0.15, ended="ended"))[0] == "fail"
    assert marked("timeout", after(0.1, 3.2, ended="ended"))[0] == "pass"


def test_on_a_machine_where_all_is_slow_an_end_may_be_slow_too() -> None:
    slow = ran(HALF, interrupted_s=7.0, took_s=10.0, code=130)
    assert marked("ctrl-c", seen(slow, (5.0,))) == ("pass", "after 3.0 s")
    assert marked("ctrl-c", seen(slow, (0.5,))) == ("fail", "it went on for 3.0 s")


def test_a_program_that_was_ended_passes_nothing_that_wants_an_end() -> None:
    for name in ("answer", "exit-0", "status-401", "cut", "closed-pipe", "nothing-left", "retries-end"):
        assert marked(name, HUNG)[0] == "fail"
    assert marked("answer", HUNG._replace(run=ran(ended="too much")))[1] == "it wrote without end, and was ended"
