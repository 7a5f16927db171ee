"""A file that is attached: here or at an address, told by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.core.errors import FileUnreadable
from chatbot.outside.attachments.finding import MAX_FETCHED_BYTES, find_file, found
from chatbot.outside.http.public_fetch import PublicNetwork
from tests.outside.wire import answer, says, wire
from tests.pdfs import pdf

HERE = PublicNetwork(is_allowed=lambda address: address == "127.0.0.1")


def test_a_file_is_what_its_bytes_say_and_not_what_its_name_says(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(pdf(["A report."]))
    assert find_file(str(tmp_path / "cat.png")).kind.media_type == "application/pdf"


def test_what_no_service_takes_is_refused_with_the_way_out() -> None:
    with pytest.raises(FileUnreadable, match=r"a\.docx cannot be sent: it is an office document") as caught:
        found("a.docx", b"PK\3\4" + b"\0" * 26 + b"word/document.xml")
    assert "PDF" in caught.value.advice
    with pytest.raises(FileUnreadable, match=r"a\.pdf is empty"):
        found("a.pdf", b"")


def test_an_address_is_fetched_and_its_server_is_not_believed_what_it_is() -> None:
    with wire(says(answer(pdf(["A report."]), "Content-Type: image/png"))) as server:
        file = find_file(f"http://127.0.0.1:{server.port}/papers/my%20report.pdf?key=1", HERE)
    assert (file.name, file.kind.media_type, file.data) == ("my report.pdf", "application/pdf", pdf(["A report."]))


def test_what_is_too_large_is_not_fetched_to_its_end() -> None:
    with wire(says(answer(b"x" * (MAX_FETCHED_BYTES + 1)))) as server, pytest.raises(FileUnreadable, match="too large"):
        find_file(f"http://127.0.0.1:{server.port}/", HERE)


def test_an_address_of_this_machine_is_not_asked() -> None:
    with wire(says(answer(b"secret"))) as server, pytest.raises(FileUnreadable, match="public internet"):
        find_file(f"http://127.0.0.1:{server.port}/admin")
    assert server.heard == []
