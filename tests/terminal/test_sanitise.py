from hypothesis import given
from hypothesis import strategies as st

from chatbot.terminal.markdown.stream import one_piece
from chatbot.terminal.sanitise import Sanitiser, sanitise
from tests.tables import each

C0 = [code for code in range(0x20) if chr(code) not in "\t\n\r"]
BIDI = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@each("code", C0)
def test_a_control_byte_becomes_its_picture(code: int) -> None:
    assert sanitise(f"a{chr(code)}b") == f"a{chr(0x2400 + code)}b"


@each("code", [*range(0x80, 0xA0), *BIDI, 0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_c1_and_bidi_controls_and_lone_surrogates_are_replaced(code: int) -> None:
    assert sanitise(f"a{chr(code)}b") == "a\ufffdb"


def test_delete_becomes_its_picture() -> None:
    assert sanitise("\x7f") == "␡"


def test_newline_and_tab_stay() -> None:
    assert sanitise("a\n\tb") == "a\n\tb"


@each("text", ["a\r\nb", "a\rb", "a\u2028b", "a\u2029b"])
def test_line_ends_become_a_newline(text: str) -> None:
    assert sanitise(text) == "a\nb"


@each("code", [0x61C, 0x200B, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0xFEFF, 0xFFF9, 0xFFFB])
def test_a_sign_without_a_look_is_dropped(code: int) -> None:
    assert sanitise(f"a{chr(code)}b") == "ab"


def test_tag_characters_are_dropped() -> None:
    assert sanitise("a\U000e0041\U000e007fb") == "ab"


@each("text", ["👩\u200d👧", "❤\ufe0f", "a\u200eb\u200f", "a\u200cb", "é漢字 plain"])
def test_joiners_selectors_and_marks_of_direction_stay(text: str) -> None:
    assert sanitise(text) == text


def test_a_surrogate_pair_is_one_character() -> None:
    assert sanitise("\ud83d\ude00") == "😀"


@each("sequence", ["\x1b[2J", "\x1b]52;c;QQ==\x07", "\x1bP1$q\x1b\\", "\x9b31m", "\x1b]8;;http://x\x1b\\"])
def test_a_sequence_is_only_text_afterwards(sequence: str) -> None:
    assert all(char.isprintable() for char in sanitise(sequence))


@given(st.text(st.sampled_from("ab\r\n\x1b\ud83d\ude00\u202e\U000e0041 é")), st.lists(st.integers(0, 20)))
def test_the_cutting_makes_no_difference(text: str, cuts: list[int]) -> None:
    sanitiser, out, start = Sanitiser(), "", 0
    for cut in cuts:
        out += sanitiser.feed(text[start : start + cut])
        start += cut
    out += sanitiser.feed(text[start:]) + sanitiser.finish()
    assert out == sanitise(text)


@each("code", [*range(1, 0x20), *range(0x7F, 0xA0), *BIDI, 0xE0041, 0xD83D])
@each("form", ["&#{};", "&#x{:x};", "[a](x&#{};y)", "| &#{}; |\n|---|", "`&#{};`"])
def test_an_entity_smuggles_nothing(code: int, form: str) -> None:
    for row in one_piece(form.format(code), 80):
        assert all(char.isprintable() or char == "\xa0" for char in row.text)
