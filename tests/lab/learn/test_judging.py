"""What is told where it takes time to see: waits, time-outs, an answer that is shown late, a relay. Pure."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.lab.answers import Received
from chatbot.lab.grade.observation import Asked, Observation
from chatbot.lab.learn.checking import _AT_ONCE, _MOST_RUNS
from chatbot.lab.learn.checks.table import CASES
from chatbot.lab.learn.seen import QUESTION, TEXT, USUAL_KEY, Answered, Seen
from chatbot.outside.processes.running import Ended, Piece, ProcessRun
from tests.any_json import any_json
from tests.tables import each

# What the rules look at, with anything in it.
_VALUES = any_json(
    "model messages role content type text image_url url stream max_tokens contents parts".split(),
    often=["user", "image_url", "data:a;base64,"],
)
_HEADERS = st.dictionaries(st.sampled_from(["authorization", "content-type", "x-api-key"]), st.text(max_size=9))
_ASKED = st.lists(
    st.builds(
        lambda value, headers, at_s, path: Asked(at_s, Received("POST", path, headers, b"x", value)),
        _VALUES,
        _HEADERS | st.just({"authorization": f"Bearer {USUAL_KEY}", "content-type": "application/json"}),
        st.floats(0, 9),
        st.sampled_from(["/v1/chat/completions", "/v1/models", "/gemini/v1beta/models/x:generateContent"]),
    ),
    max_size=3,
)

STREAMED = "One word comes after the other, and each is shown when it is there."
UNREACHABLE = "The server cannot be reached."


def question(at_s: float = 0.0, path: str = "/v1/chat/completions", key: str = USUAL_KEY, **fields: Any) -> Asked:
    body = {"model": "echo", "messages": [{"role": "user", "content": QUESTION}], **fields}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return Asked(at_s, Received("POST", path, headers, json.dumps(body).encode(), body))


def seen(
    *asked: Asked, out: str = "", err: str = "", code: int = 0, took_s: float = 0.5, ended: Ended = "exited"
) -> Observation:
    pieces = (Piece(took_s, False, out.encode()), Piece(took_s, True, err.encode()))
    return Observation("openai", "", USUAL_KEY, ProcessRun(0.0, code, ended, pieces, took_s), asked)


def told(number: int, row: str, *runs: Observation, answered: tuple[Answered, ...] = ()) -> str:
    """What a row of an exercise says."""
    [found] = [each for case in CASES[number] for each in case.rows if each.name == row]
    return found.fault(Seen(runs, answered=answered))


def asked_at(*times_s: float) -> list[Asked]:
    return [question(at_s) for at_s in times_s]


@each(
    ("row", "run", "sentence"),
    [
        ("nothing comes", seen(question(), took_s=8.0, ended="too long"), "Without a time-out it waits for ever"),
        ("nothing comes", seen(question(), code=1, err="slow", took_s=0.4), "It gave up after 0.4 s; TIMEOUT is 1.5"),
        ("nothing comes", seen(question(), took_s=1.9), "The exit code is 0"),
        ("half an answer, then nothing", seen(question(), took_s=9.0, ended="too long"), "TIMEOUT is 1.5"),
        ("nothing comes", seen(question(), code=1, err="It took too long.", took_s=1.9), ""),
    ],
)
def test_time_outs(row: str, run: Observation, sentence: str) -> None:
    fault = told(5, row, run)
    assert sentence in fault if sentence else fault == ""


def test_nothing_coming_and_nobody_listening_are_two_things() -> None:
    same = seen(err="An error, after 1.5 s.", code=1)
    assert "a wrong address, or a server that does not run" in told(5, "the two are told apart", same, same)
    assert told(5, "the two are told apart", same, seen(err=UNREACHABLE, code=1)) == ""
    assert "cannot be compared" in told(5, "the two are told apart", same, seen())


RETRY_AFTER = "429 with Retry-After: 2"


@each(
    ("row", "run", "sentence"),
    [
        (RETRY_AFTER, seen(question(), code=1, err="429"), "it gave up at a failure that passes by itself"),
        (RETRY_AFTER, seen(*asked_at(0, 0.5), out=TEXT), "Retry-After: 2, and was asked again after 0.5 s"),
        (RETRY_AFTER, seen(*asked_at(0, 30), out=TEXT), "Retry-After: 2, and it waited 30 s"),
        (RETRY_AFTER, seen(*asked_at(0, 2.02), out=TEXT), ""),
        ("503 twice, then an answer", seen(*asked_at(0, 1), err="503", code=1), "2 requests; 3 should be there"),
        ("the waits grow", seen(*asked_at(0, 0.01, 0.02), out=TEXT), "It asked again after 0.01 s"),
        ("the waits grow", seen(*asked_at(0, 5, 10), out=TEXT), "It waited 5 s between two tries"),
        ("the waits grow", seen(question()), "There was no wait to look at"),
        ("401 is not asked again", seen(*asked_at(0, 1), err="no", code=1), "A wrong key stays wrong"),
    ],
)
def test_retries(row: str, run: Observation, sentence: str) -> None:
    fault = told(6, row, run)
    assert sentence in fault if sentence else fault == ""


@each(
    ("last", "sentence"),
    [
        (seen(*asked_at(0), err="no", code=1), "the lab was asked once"),
        (seen(*asked_at(*range(9)), err="no", code=1), "the lab was asked 9 times; 4 tries"),
        (seen(*asked_at(0, 1, 2, 4)), "The exit code is 0"),
        (seen(*asked_at(0, 1, 2, 4), code=1), "It ends without a word"),
        (seen(*asked_at(0, 1, 2, 4), out="HTTP 500", code=1), "Faults go to standard error"),
    ],
)
def test_a_server_that_fails_every_time(last: Observation, sentence: str) -> None:
    assert sentence in told(6, "500 every time", seen(question()), last)


def test_a_cut_answer_with_line_breaks_is_not_lost() -> None:
    broken = seen(question(stream=True), out="One\nword\ncomes\nafter\nthe\n", code=1, err="cut")
    assert "came with other line breaks" in told(7, "the connection breaks", broken)
    crashed = seen(question(stream=True), err="Traceback (most recent call last):\nKeyError: 'x'", code=1)
    assert "It broke off" in told(7, "the connection breaks", crashed)


def test_waits_grow_and_have_chance_in_them() -> None:
    even = [seen(*asked_at(0, 0.5, 1.0)) for _ in range(8)]
    grown = [seen(*asked_at(0, 0.5, 1.5)) for _ in range(3)]
    chance = [seen(*asked_at(0, first, 3 * first)) for first in (0.3, 0.45, 0.27)]
    assert "In 8 runs the first wait was 0.5 to 0.5 s, and the last 0.5 to 0.5 s" in told(6, "the waits grow", *even)
    assert told(6, "the waits grow", *grown) == ""
    assert "The last wait was the same in 3 runs: 1.00 s" in told(6, "with chance", *grown)
    assert told(6, "with chance", *chance) == ""
    assert told(6, "with chance", seen(question())) == "There was no wait to look at."


Draw = Callable[[random.Random, int], float]  # a wait, from its number


def verdict(draw: Draw, by: random.Random, tries: int, noise_s: float) -> tuple[str, str, int]:
    """What the two rows about waits say of a simulated program, and after how many runs."""
    case = next(case for case in CASES[6] if "the waits grow" in [row.name for row in case.rows])

    def run(most: int) -> Observation:
        waits_s = [draw(by, number) + by.expovariate(1 / noise_s) for number in range(min(most, tries - 1))]
        return seen(*asked_at(*itertools.accumulate(waits_s, initial=0.0)))

    found = Seen((run(2), run(9)))
    while len(found.runs) < _MOST_RUNS and case.wants_more(found):
        found = found._replace(runs=(*found.runs, *(run(9) for _ in range(_AT_ONCE))))
    return case.rows[1].fault(found), case.rows[2].fault(found), len(found.runs)


@each("tries", [3, 4])
@each("least", [0, 0.5, 0.75, 0.9])
def test_no_program_that_waits_longer_with_chance_is_failed(least: float, tries: int) -> None:
    by = random.Random(tries)
    for _ in range(80):
        grows, has_jitter, _ = verdict(lambda by, step: 0.5 * 2**step * by.uniform(least, 1), by, tries, 0.005)
        assert (grows, has_jitter) == ("", "")


@each("noise_s", [0.002, 0.02])
@each(
    ("draw", "grows", "has_jitter"),
    [
        (lambda by, step: 1.0, False, False),
        (lambda by, step: 0.5 * 2**step, True, False),
        (lambda by, step: by.uniform(0, 1), False, True),
        (lambda by, step: by.uniform(0.5, 1), False, True),
        (lambda by, step: 0.01, False, None),
    ],
)
def test_a_program_that_waits_as_it_should_not_is_told(
    draw: Draw, grows: bool, has_jitter: bool | None, noise_s: float
) -> None:
    by = random.Random(7)
    found = [verdict(draw, by, 4, noise_s) for _ in range(40)]
    assert sum((fault == "") == grows for fault, _, _ in found) >= 39
    if has_jitter is not None and (has_jitter or noise_s < 0.01):  # a busy machine brings chance of its own
        assert all((fault == "") == has_jitter for _, fault, _ in found)


def test_an_answer_that_is_printed_at_its_end_is_not_streamed() -> None:
    late = seen(question(stream=True), out=STREAMED, took_s=3.0)
    assert "all of them were printed at once. Read piece by piece, and flush" in told(7, "shown as it comes", late)
    words = tuple(Piece(at, False, f"{word} ".encode()) for at, word in enumerate(STREAMED.split()))
    live = late._replace(run=late.run._replace(pieces=words))
    assert told(7, "shown as it comes", live) == ""


ROWS = [row.name for row in CASES[13][0].rows]
ANSWER = b"One word comes after the other, and each is passed on when it is there."
EVENTS = {"content-type": "text/event-stream"}


@each(
    ("row", "answered", "sentence"),
    [
        ("a question", Answered(0, is_taken=False), "Nothing listens at 127.0.0.1, at the port in the variable PORT"),
        ("a question", Answered(0), "The relay took the request, and no whole answer came"),
        ("a question", Answered(501), "the function fetch is not written yet"),
        ("a question", Answered(200, {}, ANSWER), "The page got 200, and the lab was not asked"),
        ("a question", Answered(200, {}, b"ok", asked=(question(),)), "was to come through unchanged"),
        ("a question", Answered(200, {}, ANSWER, asked=(question(key="token-of-the-page-41ab"),)), "page's token went"),
        ("a question", Answered(200, {"x": USUAL_KEY}, ANSWER, asked=(question(),)), "key came back to the page"),
        ("a question", Answered(200, {}, ANSWER, asked=(question(path="/v1/v1/chat/completions"),)), "has its /v1"),
        ("no token", Answered(200, {}, ANSWER, asked=(question(),)), "anybody can spend your money"),
        ("a wrong token", Answered(200, {}, b""), "the page got 200; 401 says what is wrong"),
        ("another path", Answered(200, {}, ANSWER, asked=(question(),)), "The path was /v1/files, and the relay asked"),
        ("a body that is no JSON", Answered(502), "the page got 502; 400 says"),
        (
            "a million tokens",
            Answered(200, {}, ANSWER, asked=(question(max_tokens=10**6),)),
            "asked for 1000000 tokens",
        ),
        ("no limit named", Answered(200, {}, ANSWER, asked=(question(),)), "may spend what it likes: 1000 at most"),
        ("429 and Retry-After", Answered(500, asked=(question(),)), "said 429, and the page got 500"),
        ("429 and Retry-After", Answered(429, asked=(question(),)), "cannot know how long to wait"),
        (
            "a stream, passed on as it comes",
            Answered(200, EVENTS, b"data: [DONE]", (3.0, 3.01), (question(),)),
            "reached the page all at once",
        ),
        ("a stream, passed on as it comes", Answered(200, {}, b"", (), (question(),)), "Hand on the Content-Type"),
        (
            "a stream, passed on as it comes",
            Answered(200, EVENTS, b"data:", (1,), (question(),)),
            "did not come through",
        ),
    ],
)
def test_a_relay(row: str, answered: Answered, sentence: str) -> None:
    every = tuple(answered if name == row else Answered(200) for name in ROWS)
    assert sentence in told(13, row, seen(), answered=every)


def test_a_program_that_floods_and_one_that_stays_are_told_apart() -> None:
    assert told(1, "three models", seen(ended="too much")) == "It wrote without end, and was ended."
    assert "still running after 12 s" in told(1, "three models", seen(ended="too long", took_s=12.0))


def test_a_module_that_is_missing_says_where_to_name_another_python() -> None:
    err = "Traceback (most recent call last):\n  File ...\nModuleNotFoundError: No module named 'httpx'\n"
    fault = told(1, "three models", seen(code=1, err=err))
    assert "No module named 'httpx'" in fault
    assert "chat learn check N -- python FILE" in fault


@settings(max_examples=40, deadline=None)
@given(_ASKED, st.text(max_size=20), st.text(max_size=20), st.integers(-15, 255), st.integers(0, 599))
def test_whatever_a_program_does_each_row_has_a_word_for_it(
    asked: list[Asked], out: str, err: str, code: int, status: int
) -> None:
    run = seen(*asked, out=out, err=err, code=code)
    answered = Answered(status, {}, out.encode(), (0.1,), tuple(asked))
    for case in (case for cases in CASES.values() for case in cases):
        for row in case.rows:
            assert isinstance(
                row.fault(Seen((run,) * len(case.starts), {"a": b""}, (answered,) * len(case.calls))), str
            )
