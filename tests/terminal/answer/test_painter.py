from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from chatbot.terminal.answer.painter import Painter
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.screen import Screen
from tests.flat import some
from tests.tables import each
from tests.terminal.emulator import Terminal

PLAIN, BOLD = Style.null(), Style(bold=True)


def row(text: str, style: Style = PLAIN, raw: bool = False) -> Row:
    return Row(((text, style),) if text else (), raw)


def rows(*texts: str) -> list[Row]:
    return [row(text) for text in texts]


class View:
    """A painter and the terminal that it paints on."""

    def __init__(self, width: int = 20, height: int = 6, screen: Screen | None = None) -> None:
        self.painter = Painter(screen or Screen(width=width, height=height))
        self.terminal = Terminal(width, height)

    def frame(self, commit: list[Row], live: list[Row]) -> bytes:
        data = self.painter.frame(commit, live)
        self.terminal.write(data)
        return data

    @property
    def shown(self) -> list[str]:
        return self.terminal.rows


def test_live_rows_are_replaced_and_committed_ones_stay() -> None:
    view = View()
    view.frame([], rows("one", "two"))
    view.frame(rows("ONE"), rows("two", "three"))
    view.frame(rows("TWO"), [])
    assert view.shown == ["ONE", "TWO"]
    assert view.terminal.at_start_of_empty_row


def test_text_added_at_the_end_is_all_that_is_written() -> None:
    view = View()
    view.frame([], rows("one", "some"))
    assert view.frame([], rows("one", "some words")) == b" words"


def test_nothing_is_written_when_nothing_changes() -> None:
    view = View()
    view.frame([], rows("one"))
    assert view.frame([], rows("one")) == b""


def test_a_live_row_that_is_committed_as_it_is_costs_a_line_end() -> None:
    view = View()
    view.frame([], rows("one"))
    assert view.frame(rows("one"), []) == b"\r\n"


def test_only_the_end_of_more_live_rows_than_the_screen_has_is_shown() -> None:
    view = View(height=4)
    view.frame(rows("first"), rows(*"abcdefg"))
    assert view.shown == ["first", "e", "f", "g"]
    view.frame(rows(*"abcdefg"), [])
    assert view.shown == ["first", *"abcdefg"]


def test_erasing_after_a_full_row_does_not_take_its_last_character() -> None:
    view = View(width=5)
    view.frame([], rows("ab", "abcde"))
    view.frame([], rows("ab", "abXde", "abcde"))
    view.frame([], rows("abcde"))
    assert view.shown == ["abcde"]


def test_there_is_no_column_after_a_full_row() -> None:
    view = View(width=5)
    view.frame([], rows("abcde", "x"))
    view.frame([], rows("abcde"))
    view.frame(rows("abcde"), rows("y"))
    assert view.shown == ["abcde", "y"]


def test_the_cursor_is_at_the_end_of_the_last_row_also_if_only_rows_above_changed() -> None:
    view = View()
    view.frame([], rows("one", "two"))
    view.frame([], rows("ONE", "two"))
    view.frame([], rows("ONE", "two and"))
    assert view.shown == ["ONE", "two and"]


def test_rows_that_only_go_leave_the_cursor_at_the_end_of_the_last_one() -> None:
    view = View()
    view.frame([], rows("one", "two"))
    view.frame([], rows("one"))
    view.frame([], rows("one more"))
    assert view.shown == ["one more"]


def test_a_row_that_was_drawn_cut_is_written_again_whole() -> None:
    view = View(width=10, height=4)
    code = row("0123456789" * 5 + "end", raw=True)
    view.frame([], [code, row("below")])
    view.frame([code], rows("below"))
    assert view.shown == ["0123456789"] * 5 + ["end", "below"]


def test_an_empty_row_is_a_row() -> None:
    view = View()
    view.frame([], rows("a"))
    view.frame(rows("a", ""), [])
    view.frame(rows("", "b"), rows("", "c"))
    assert view.shown == ["a", "", "", "b", "", "c"]


def test_the_live_part_can_vanish() -> None:
    view = View()
    view.frame(rows("a"), rows("b", "c"))
    view.frame([], [])
    assert view.shown == ["a"]
    assert view.terminal.at_start_of_empty_row


def test_a_change_of_style_is_written() -> None:
    view = View()
    view.frame([], rows("word"))
    assert view.frame([], [row("word", BOLD)]) == b"\r\x1b[1mword\x1b[m"


def test_a_style_ends_with_its_text() -> None:
    assert View().frame([row("x", Style(bold=True, color="red"))], []) == b"\x1b[1;31mx\x1b[m\r\n"


def test_without_styles_there_is_no_escape_code() -> None:
    assert View(screen=Screen(styles=False, live=False)).frame([row("x", BOLD)], rows("live")) == b"x\n"


def test_a_redraw_is_synchronized_and_an_appended_text_is_not() -> None:
    view = View()
    view.frame([], rows("a", "b"))
    assert b"?2026" not in view.frame([], rows("a", "bc"))
    redraw = view.frame([], rows("A", "bc"))
    assert redraw.startswith(b"\x1b[?2026h") and redraw.endswith(b"\x1b[?2026l")


def test_characters_of_doubtful_width_are_drawn_without_autowrap() -> None:
    data = View().frame([], rows("→ 👩‍👩‍👧"))
    assert data.startswith(b"\x1b[?7l") and data.endswith(b"\x1b[?7h")
    assert b"?7" not in View().frame([], rows("plain 漢字"))


def test_characters_of_doubtful_width_are_written_again_when_they_are_committed() -> None:
    view = View()
    view.frame([], rows("→ x"))
    assert "→ x".encode() in view.frame(rows("→ x"), [])


def test_what_the_encoding_has_not_becomes_a_question_mark() -> None:
    painter = Painter(Screen(encoding="latin-1"))
    assert painter.frame(rows("é → 漢"), []) == b"\xe9 ? ?\r\n"


def test_after_a_resize_the_live_rows_are_erased_as_they_are_wrapped_now() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows("x" * 18, "y"))
    painter.resized(10, 10)
    assert painter.frame(rows("z"), []) == b"\x1b[2A\r\x1b[K\x1b[C\x1b[J\rz\r\n"


def test_a_terminal_that_cuts_rows_keeps_their_count() -> None:
    painter = Painter(Screen(width=20, height=10, reflows=False))
    painter.frame([], rows("x" * 18, "y"))
    painter.resized(10, 10)
    assert painter.frame(rows("z"), []) == b"\x1b[1A\r\x1b[K\x1b[C\x1b[J\rz\r\n"


def test_after_a_resize_no_more_rows_are_erased_than_the_screen_has() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows(*"abcdefgh"))
    painter.resized(20, 3)
    assert painter.frame([], []).startswith(b"\x1b[2A\r\x1b[K\x1b[C\x1b[J\r")


def test_live_rows_that_a_resize_pushed_off_the_screen_are_not_written_again() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows(*"abcdefgh"))
    painter.resized(20, 3)
    assert painter.frame([], rows(*"abcdefghi")) == b"\x1b[2A\r\x1b[K\x1b[C\x1b[J\rh\r\ni"
    assert painter.frame(rows(*"abc"), rows(*"defghi")) == b""
    painter.erased()
    assert painter.frame(rows(*"defghijk"), []) == b"f\r\ng\r\nh\r\ni\r\nj\r\nk\r\n"


def test_a_row_that_the_edge_of_the_screen_cuts_stays() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows("x" * 18, "y" * 18, "z"))
    painter.resized(10, 4)
    assert (
        painter.frame(rows("x" * 18, "y" * 18, "z"), []) == b"\x1b[2A\r\x1b[K\x1b[C\x1b[J\r" + b"y" * 18 + b"\r\nz\r\n"
    )


def test_rows_that_changed_after_they_were_pushed_off_are_written_as_they_are_now() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows(*"abcde"))
    painter.resized(20, 3)
    assert painter.frame(rows(*"aBcde"), []) == b"\x1b[2A\r\x1b[K\x1b[C\x1b[J\rB\r\nc\r\nd\r\ne\r\n"
    assert painter.frame(rows("b"), []) == b"b\r\n"


def test_two_resizes_before_a_frame_are_as_one() -> None:
    painter = Painter(Screen(width=20, height=10))
    painter.frame([], rows("x" * 18))
    painter.resized(5, 10)
    painter.resized(10, 10)
    assert painter.frame([], []) == b"\x1b[1A\r\x1b[K\x1b[C\x1b[J\r"


def test_a_suspended_program_leaves_no_live_rows() -> None:
    view = View()
    view.frame(rows("a"), rows("b", "c"))
    view.terminal.write(view.painter.erased())
    view.terminal.write(b"[1]+ Stopped\n$ fg\n")
    view.painter.forget()
    view.frame(rows("b"), rows("c"))
    assert view.shown == ["a", "[1]+ Stopped", "$ fg", "b", "c"]


_TEXTS = ["", "a", "ab", "abX", "abcdefgh", "abcdefgX", "漢字", "漢字a", "→", "→ b", "é", "0123456"]
_ROWS = [row(text, style) for text in _TEXTS for style in (PLAIN, BOLD)]
_CODE = [row("x" * count, PLAIN, True) for count in (8, 9, 30)]


@settings(max_examples=100)
@given(st.lists(st.tuples(some(_CODE * 8 + _ROWS, most=3), some(_ROWS, most=6))))
def test_whatever_the_frames_the_screen_is_committed_rows_and_the_end_of_the_live_ones(
    frames: list[tuple[list[Row], list[Row]]],
) -> None:
    view, committed = View(width=8, height=4), list[str]()
    for commit, live in frames:
        view.frame(commit, live)
        for one in commit:
            committed += [one.text[at : at + 8] for at in range(0, max(1, len(one.text)), 8)]
        expected = committed + [one.text for one in live[-3:]]
        while expected and not expected[-1]:
            expected.pop()
        assert view.shown == expected


@each("size", [(80, 24), (31, 9), (100, 40)])
def test_each_frame_leaves_the_terminal_in_its_normal_state(size: tuple[int, int]) -> None:
    view = View(*size)  # `Terminal.write` looks at the state after each piece
    for count in range(60):
        view.frame([row(f"row {count}", BOLD)], [row("→ live", BOLD), row("x" * count, raw=True)])
    assert view.shown[:60] == [f"row {count}" for count in range(60)]
