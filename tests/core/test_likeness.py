"""Which name was meant."""

from __future__ import annotations

from chatbot.core.likeness import distance, likeliest
from tests.tables import each

OPTIONS = (
    "--file --image --attach --template --role --var --save-template --no-stdin --model --provider --system "
    "--temperature --top-p --max-tokens --stop --seed --reasoning-effort --option --raw --no-md --json "
    "--hide-reasoning --show-reasoning --usage --quiet --color --base-url --header --env-file --no-env-file --timeout "
    "--max-time --max-retries --no-stream --continue --resume --truncate --interactive --no-log --debug "
    "--version --help"
).split()


@each(
    ("typed", "meant"),
    [
        ("--modle", "--model"),
        ("--model", "--model"),
        ("--mdoel", "--model"),
        ("--modell", "--model"),
        ("--Model", "--model"),
        ("--timout", "--timeout"),
        ("--tiemout", "--timeout"),
        ("--teperature", "--temperature"),
        ("--temperatur", "--temperature"),
        ("--temprature", "--temperature"),
        ("--sytem", "--system"),
        ("--colour", "--color"),
        ("--jsno", "--json"),
        ("--contineu", "--continue"),
        ("--base_url", "--base-url"),
        ("--baseurl", "--base-url"),
        ("--max-token", "--max-tokens"),
        ("--tokens", "--max-tokens"),
        ("--effort", "--reasoning-effort"),
        ("--reasoning", "--reasoning-effort --hide-reasoning"),
        ("--temp", "--template --temperature"),
        ("--no-strem", "--no-stream"),
        ("--hlep", "--help"),
        ("--zzz", ""),
        ("--api-key", ""),
        ("--verbose", ""),
        ("--x", ""),
        ("--", ""),
    ],
)
def test_a_mistyped_option_is_told_by_its_likeness(typed: str, meant: str) -> None:
    assert likeliest(typed, OPTIONS) == meant.split()


@each(
    ("typed", "meant"),
    [("serach", "search"), ("lst", "list"), ("lits", "list"), ("exprot", "export"), ("remove", ""), ("xyzzy", "")],
)
def test_commands_too(typed: str, meant: str) -> None:
    assert likeliest(typed, "list show search export import delete path stats".split()) == meant.split()


@each(
    ("one", "other", "mistakes"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "acb", 1), ("abc", "cba", 2), ("kitten", "sitting", 3)],
)
def test_letters_that_changed_places_are_one_mistake(one: str, other: str, mistakes: int) -> None:
    assert distance(one, other) == distance(other, one) == mistakes
