"""Versions against what the program asks for."""

from __future__ import annotations

from chatbot.core.checkup.versions import fits, wanted
from tests.tables import each


@each(
    ("version", "bounds", "is_enough"),
    [
        ("2.6.3", ">=2.6.3,<3", True),
        ("2.6.2", "<3,>=2.6.3", False),
        ("3.0", "<3,>=2.6.3", False),
        ("2.10", ">=2.9", True),
        ("15.0", ">=15", True),
        ("2026.10.19.post1", ">=2024.7.4", True),
        ("0.29", ">=0.26,<0.29", False),
        ("1.0", "", True),
        ("1.0rc1", ">=1", True),
        ("1.1", "!=1.1", False),
    ],
)
def test_a_version_is_compared_number_by_number(version: str, bounds: str, is_enough: bool) -> None:
    assert fits(version, bounds) is is_enough


def test_a_requirement_has_a_name_bounds_and_perhaps_an_extra() -> None:
    assert wanted("urllib3<3,>=2.6.3") == ("urllib3", "<3,>=2.6.3", "")
    assert wanted('pytest>=9.0; extra == "test"') == ("pytest", ">=9.0", "test")
    assert wanted("python-dotenv") == ("python-dotenv", "", "")
