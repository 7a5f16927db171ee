from chatbot.core.errors import Hung
from chatbot.core.redaction.redactor import Redactor
from chatbot.terminal.notices import UNCHECKED, Notices
from tests.tables import each

KEY, OTHER = "key-of-the-environment", "key-that-was-read-later"


def told(*lines: str, columns: int = 0) -> str:
    written: list[str] = []
    Notices(written.append, str, colour=False, columns=lambda: columns).tell(lines)
    return "".join(written)


def test_a_message_has_the_name_of_the_program_in_front_once() -> None:
    assert told("what happened", "what to do") == "chat: what happened\n      what to do\n"


def test_on_a_terminal_lines_break_between_words_and_addresses_stay_whole() -> None:
    page = "https://example.com/a/very/long/address/that/is/to/be/copied"
    assert told(f"keys are made at the page {page}", columns=40).splitlines() == [
        "chat: keys are made at the page",
        f"        {page}",
    ]


def test_elsewhere_a_line_stays_a_line() -> None:
    assert told("word " * 100).count("\n") == 1


def test_every_key_that_was_ever_known_stays_hidden() -> None:
    written: list[str] = []
    notices = Notices(written.append, Redactor([KEY]), colour=False)
    notices.hide([OTHER])
    notices.hide([])
    notices.tell([f"{KEY} and {OTHER}"])
    assert written == ["chat: [key] and [key]\n"]


def voice_of_a_session(*, colour: bool) -> tuple[Notices, list[str]]:
    written: list[str] = []
    notices = Notices(written.append, str, colour=colour)
    notices.in_session = True
    return notices, written


def test_a_search_for_keys_that_took_too_long_is_not_tried_again() -> None:
    searched: list[str] = []
    written: list[str] = []

    def redact(text: str) -> str:
        searched.append(text)
        raise Hung

    notices = Notices(written.append, redact, colour=False)
    notices.tell(["one", "two"])
    assert searched == ["one"]
    assert "".join(written) == f"chat: {UNCHECKED}\n      {UNCHECKED}\n"


def test_in_a_session_three_voices_are_told_apart_without_colour_too() -> None:
    notices, written = voice_of_a_session(colour=False)
    notices.error(["no such model", "/models lists them"])
    notices.warn("stopped")
    notices.tell(["the model is m"])
    assert "".join(written) == "error: no such model\n  /models lists them\nstopped\nthe model is m\n"


def test_the_first_message_under_an_answer_stands_apart() -> None:
    notices, written = voice_of_a_session(colour=False)
    notices.apart = True
    notices.error(["it broke off"])
    notices.warn("/continue goes on", "/retry asks again")
    assert "".join(written) == "\nerror: it broke off\n/continue goes on\n  /retry asks again\n"


def test_in_a_session_an_error_is_red_a_notice_yellow_and_a_reply_dim() -> None:
    notices, written = voice_of_a_session(colour=True)
    notices.error(["no such model", "/models lists them"])
    notices.warn("stopped")
    notices.tell(["the model is m"])
    assert written == [
        "\x1b[1;31merror:\x1b[0m \x1b[1mno such model\x1b[0m\n",
        "  /models lists them\n",
        "\x1b[33mstopped\x1b[0m\n",
        "\x1b[2mthe model is m\x1b[0m\n",
    ]


@each("columns", [40, 80, 120, 0])
@each("in_session", [True, False])
def test_a_line_of_a_reply_that_is_as_wide_as_may_be_is_one_row(columns: int, in_session: bool) -> None:
    written: list[str] = []
    notices = Notices(written.append, str, colour=False, columns=lambda: columns)
    notices.in_session = in_session
    notices.tell(["found:", ("word " * 40)[: notices.reply_cells - 1] + "x"])
    assert len(written) == 2
    assert len(written[1].rstrip("\n")) <= (columns or 80) - 1


def test_the_first_row_of_an_error_has_room_for_its_name() -> None:
    written: list[str] = []
    notices = Notices(written.append, str, colour=False, columns=lambda: 40)
    notices.in_session = True
    notices.error(["word " * 20])
    assert max(map(len, "".join(written).splitlines())) <= 40
