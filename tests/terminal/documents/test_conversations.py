from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.stored import Ending, Hit, ModelUse, Piece, Stats, Summary
from chatbot.core.events import Verdict
from chatbot.terminal.documents.conversations import ago, cells, fitted, hit_lines, list_lines, stats_lines
from tests.tables import each

NOW_S = 1_000_000_000.0
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e]")
HOSTILE = "\x1b]52;c;AAAA\x07\x9b2J\u202eevil\r\nnext"


def dated(then_s: float) -> str:
    return f"2026-11-21 at {then_s:.0f}"


def row(
    title: str = "why is the sky blue?",
    age_s: float = 300,
    turns: int = 1,
    model: str = "guide",
    ending: Ending | None = Verdict.COMPLETE,
) -> Summary:
    return Summary("abc123", NOW_S - age_s, NOW_S - age_s, title, turns, "lab", model, None, ending)


def ago_now(then_s: float) -> str:
    return ago(then_s, NOW_S, dated)


@each(
    ("passed_s", "words"),
    [
        (-60, "just now"),
        (0, "just now"),
        (44, "just now"),
        (45, "1 min ago"),
        (300, "5 min ago"),
        (3_500, "58 min ago"),
        (3_590, "1 h ago"),
        (7_200, "2 h ago"),
        (85_000, "yesterday"),
        (86_400 * 2, "2 days ago"),
        (86_400 * 13, "13 days ago"),
        (86_400 * 14, "2026-11-21"),
    ],
)
def test_times_are_human(passed_s: float, words: str) -> None:
    assert ago(NOW_S - passed_s, NOW_S, dated) == words


def test_a_list_has_id_time_model_and_question() -> None:
    rows = [row(), row("and then?", 7_200, turns=3, model="gpt-5-mini")]
    assert list_lines(rows, 70, ago_now) == [
        "abc123  5 min ago  guide       why is the sky blue?",
        "abc123  2 h ago    gpt-5-mini  and then? (3 questions)",
    ]


def test_a_narrow_list_gives_up_the_model_before_the_question() -> None:
    assert list_lines([row(turns=12)], 42, ago_now) == ["abc123  5 min ago  why is the sky blue?"]


@each(
    ("ending", "word"),
    [
        (None, " (taken back)"),
        (Verdict.COMPLETE, ""),
        (Verdict.LENGTH, ""),
        ("partial", " (unfinished)"),
        (Verdict.FILTERED, " (withheld)"),
        (Verdict.REFUSED, " (declined)"),
        (Verdict.CUT, " (cut)"),
        (Verdict.FAILED, " (failed)"),
        (Verdict.EMPTY, " (no answer)"),
        (Verdict.CANCELLED, " (stopped)"),
    ],
)
def test_a_list_tells_in_a_word_which_last_answer_is_not_whole(ending: Ending | None, word: str) -> None:
    assert list_lines([row("why?", ending=ending)], 70, ago_now) == [f"abc123  5 min ago  guide  why?{word}"]


@each(
    ("width", "line"),
    [
        (120, "abc123  5 min ago  gpt-5-mini  why is the sky blue, and not violet? (3 questions, stopped)"),
        (80, "abc123  5 min ago  gpt-5-mini  why is the sky blue, and … (3 questions, stopped)"),
        (70, "abc123  5 min ago  gpt-5-mini  why is the sky blue, and not… (stopped)"),
        (40, "abc123  5 min ago  why is the… (stopped)"),
    ],
)
def test_the_ending_is_the_last_that_a_narrow_list_gives_up(width: int, line: str) -> None:
    found = row("why is the sky blue, and not violet?", turns=3, model="gpt-5-mini", ending=Verdict.CANCELLED)
    assert list_lines([found], width, ago_now) == [line]


ENDINGS = st.sampled_from([*Verdict, "partial", None])


@given(st.lists(st.builds(row, st.text(), st.floats(0, 1e9), st.integers(1, 9999), st.text(), ENDINGS), max_size=3))
def test_a_list_is_never_wider_than_the_terminal_and_harmless(rows: list[Summary]) -> None:
    for width in (0, 1, 10, 40, 80):
        for line in list_lines(rows, width, ago_now):
            assert cells(line) <= width
            assert not CONTROLS.search(line)


def a_hit(*pieces: tuple[str, bool], model: str = "guide") -> Hit:
    return Hit("abc123", 2, NOW_S - 300, model, "assistant", tuple(Piece(*piece) for piece in pieces))


def test_a_hit_is_marked_and_says_where_it_is() -> None:
    hit = a_hit(("…because of ", False), ("Rayleigh", True), (" scattering", False))
    assert hit_lines([hit], 80, ago_now) == [
        "abc123  5 min ago  answer 3  guide",
        "    …because of [Rayleigh] scattering",
    ]
    bold = hit_lines([hit], 25, ago_now, "\x1b[1m{}\x1b[0m".format)
    assert bold[1] == "    …because of \x1b[1mRayleigh\x1b[0m…"


@given(st.lists(st.tuples(st.text(), st.booleans()), max_size=5), st.integers(5, 80))
def test_hits_are_never_wider_than_the_terminal_and_harmless(pieces: list[tuple[str, bool]], width: int) -> None:
    for line in hit_lines([a_hit(*pieces, model=HOSTILE)], width, ago_now):
        assert cells(line) <= width
        assert not CONTROLS.search(line.replace("\t", " "))


def test_the_numbers_of_the_history() -> None:
    models = (ModelUse("lab", "guide", 12_345, 5, 6), ModelUse("", "天气", 1, 0, 0))
    lines = stats_lines(Stats(2, 12_346, 1, 3, 4_000, 5_000_000, NOW_S - 86_400, NOW_S, models), NOW_S, dated)
    assert lines == [
        "conversations           2",
        "questions               12 346",
        "without a whole answer  1",
        "images                  3 (4 kB)",
        "size                    5 MB",
        "first question          yesterday",
        "last question           just now",
        "",
        "model       questions     tokens in    tokens out",
        "lab/guide      12 345             5             6",
        "天气                1             0             0",
    ]


def test_an_empty_history_says_so() -> None:
    assert stats_lines(Stats(0, 0, 0, 0, 0, 0, None, None, ()), NOW_S, dated) == ["nothing is kept yet"]


@given(st.text(), st.integers(0, 40))
def test_text_is_cut_only_where_it_does_not_fit(text: str, width: int) -> None:
    shown = fitted(text, width)
    assert cells(shown) <= width
    assert shown == text or cells(text) > width
