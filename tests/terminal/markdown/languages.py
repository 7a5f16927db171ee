"""Code that no person writes: lines that are hard on regular expressions, and random blocks."""

from __future__ import annotations

import random
from collections.abc import Iterator

_BACKSLASHES = "\\" * 60
_REPEATED = [
    *"'`\"({[<@#%|~*_!?-&^=+:;,.1aé\x00\\ ",
    *[
        "a ",
        "$$",
        "${",
        "#{",
        "<!--",
        "<![CDATA[",
        "/*",
        "//",
        "--",
        "{{",
        "{%",
        "1_",
        "0x",
        "1e",
        "<<",
        "<<E ",
        "=begin ",
    ],
    *[
        'r"',
        'R"(',
        "::",
        "->",
        "a.b",
        "a:",
        '<a b="',
        "&amp",
        "ab=\\",
        "f'{",
        'f"{',
        "def ",
        "class ",
        "a|",
        "- ",
        "? ",
    ],
    *["'\"`", "$((", "$(", "$`", '"$(', "\\n", "@a(", "\t", "e'", "a=1,", "(?", "[a-", "a<b>", "if ("],
]
HOSTILE = [
    *(quote + _BACKSLASHES + more for quote in "'\"`" for more in ("", "\\", " x")),
    *((piece * 250)[:250] for piece in _REPEATED),
    " " * 400 + "a",
    'x="\\"' * 60,
]
_WORDS = (
    "if else for while return def class function fn let var const import from package public static void int string "
    "true false null None self this begin end do done then fi case switch match struct enum type interface impl new "
    "SELECT FROM WHERE INSERT $$ $x ${x} @x #x //x /*x*/ <x> </x> <!--x--> \"x\" 'x' `x` \"\"\" ''' -- ; : , . ( ) { } "
    "[ ] < > = == != => -> :: .. ... + - * / % & | ^ ~ ! ? \\ \\n \\x41 0x1F 1.5e-3 1_000 é 中 \u200b \x00 \x1b #{ ${ "
    '{{ }} {% %} <<EOF EOF =begin =end r"( )" f"{ b\' u\' @@ $( `( #! #if #endif #include %w( q{ <? ?> <?php [[ ]] :- '
    "|> <| &&& ||"
).split(" ")


def random_blocks(seed: int, count: int) -> Iterator[str]:
    """`count` blocks of one to eight lines, out of words, signs and characters of many languages."""
    source = random.Random(seed)
    for _ in range(count):
        yield "\n".join(_random_line(source) for _ in range(source.randint(1, 8)))


def _random_line(source: random.Random) -> str:
    pieces: list[str] = []
    for _ in range(source.choice((1, 3, 8, 20, 60))):
        pieces.append(source.choice(_WORDS) * source.choice((1, 1, 1, 1, 2, 9, 40)))
        pieces.append(source.choice(("", " ", " ", "\t")))
    return "".join(pieces)[: source.choice((80, 500, 700))]
