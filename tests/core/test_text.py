import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.errors import FileUnreadable
from chatbot.core.text import clean, decode, question

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


def test_clean_gives_ordinary_text_back_as_the_same_object() -> None:
    text = "Why is the sky blue?\n"
    assert clean(text) is text


def test_clean_keeps_every_character_that_can_be_sent() -> None:
    text = "naïve 日本語 👩‍👩‍👧 \u202e \x1b[31m \ufffd\n"
    assert clean(text) == text


def test_clean_removes_nul() -> None:
    assert clean("a\0b\0") == "ab"


def test_clean_replaces_lone_surrogates() -> None:
    assert clean("a\udcffb\ud800c\udfff") == "a\ufffdb\ufffdc\ufffd"


def test_clean_recovers_utf8_that_python_escaped_under_a_foreign_locale() -> None:
    escaped = "größe".encode().decode("ascii", "surrogateescape")
    assert clean(escaped) == "größe"


@given(ANY_TEXT)
def test_clean_text_always_encodes_and_holds_no_nul(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert json.loads(json.dumps(cleaned, ensure_ascii=False).encode()) == cleaned
    assert clean(cleaned) == cleaned


def test_an_argument_with_an_undecodable_byte_becomes_sendable() -> None:
    code = "import sys; from chatbot.core.text import clean; sys.stdout.buffer.write(clean(sys.argv[1]).encode())"
    done = subprocess.run([sys.executable, "-c", code, b"caf\xff?"], capture_output=True, check=True)
    assert done.stdout.decode() == "caf\ufffd?"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_decoding_gives_back_every_utf8_text_unaltered(text: str) -> None:
    assert decode(text.encode(), "notes") == (text, None)


def test_undecodable_bytes_become_replacement_characters_and_are_counted() -> None:
    text, warning = decode(b"a\xffb\xfec \xef\xbf\xbd", "notes")
    assert text == "a\ufffdb\ufffdc \ufffd"
    assert warning == "notes is not UTF-8 in 2 places; what could not be read was replaced by \ufffd"


def test_a_byte_order_mark_and_line_ends_are_kept() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n\n", "notes").text == "\ufeffa\r\nb\rc\n\n"


def test_a_nul_in_the_first_8_kb_is_binary() -> None:
    with pytest.raises(FileUnreadable, match="photo looks binary") as refused:
        decode(b"x" * 8_191 + b"\0", "photo")
    assert "--attach - " in refused.value.advice
    assert refused.value.exit_code == 66


def test_a_nul_further_on_is_text() -> None:
    assert decode(b"x" * 8_192 + b"\0", "log").text.endswith("x\0")


def test_utf16_is_refused_with_the_way_to_convert_it() -> None:
    with pytest.raises(FileUnreadable) as refused:
        decode("hello".encode("utf-16"), "notes")
    assert "iconv -f UTF-16" in refused.value.advice


def test_a_question_alone_is_the_message() -> None:
    assert question("Why?", (), None) == "Why?"


def test_piped_text_alone_is_the_message_byte_for_byte() -> None:
    piped = "  \n\tlog line  \r\n\n"
    assert question(None, (), piped) == piped


def test_piped_text_follows_the_instruction_after_a_blank_line_unaltered() -> None:
    assert question("what broke?", (), "  line 1\nline 2\n") == "what broke?\n\n  line 1\nline 2\n"


def test_an_empty_pipe_leaves_no_trace() -> None:
    assert question("Why?", (), "") == "Why?"


def test_text_that_looks_like_a_command_is_only_text() -> None:
    assert question(None, (), "/exit\n") == "/exit\n"
    assert question("/help", (), "/exit") == "/help\n\n/exit"


def test_files_stand_under_their_names_between_the_instruction_and_the_piped_text() -> None:
    message = question("compare", [("a.md", "one\n"), ("b.md", "two")], "three")
    assert message == "compare\n\na.md:\n```\none\n```\n\nb.md:\n```\ntwo\n```\n\nthree"


def test_a_fence_is_longer_than_any_in_the_file() -> None:
    text = "````\ncode\n````\n"
    assert question(None, [("a.md", text)], None) == f"a.md:\n`````\n{text}`````"


def test_an_empty_file_is_shown_as_empty() -> None:
    assert question("sum up", [("a.md", "")], None) == "sum up\n\na.md:\n```\n```"


def test_a_file_name_with_line_breaks_stays_on_its_line() -> None:
    assert question(None, [("a\n```\nb", "x")], None).splitlines()[0] == "a ``` b:"


@given(st.text("`a\n", max_size=40))
def test_no_file_closes_its_own_fence(text: str) -> None:
    lines = question(None, [("f", text)], None).split("\n")
    fence = lines[1]
    assert lines[-1] == fence
    assert fence not in lines[2:-1]
