"""Colours for code, a line at a time: what is out is never looked at again.

Pygments lexes whole texts. Here its loop over a lexer's table of states stops at the end of each line and goes on
from there with the next. A token that is still open at the end of the line (a block comment) is lexed again with it.
"""

from collections.abc import Iterator
from functools import cache

from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Token,
    Whitespace,
    _TokenType,
)
from pygments.util import ClassNotFound
from rich.style import Style

from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.row import Run, joined

_LONGEST_LINE = 2_000  # characters; longer ones are data, not code to read
_LONGEST_HELD = 20_000  # characters of an open token

_COLOURS = {
    Token: PLAIN,
    Comment: Style(dim=True),
    Comment.Preproc: Style(color="cyan"),
    Keyword: Style(color="blue"),
    Keyword.Type: Style(color="cyan"),
    Operator.Word: Style(color="magenta"),
    Name.Builtin: Style(color="cyan"),
    Name.Function: Style(color="green"),
    Name.Class: Style(color="green", underline=True),
    Name.Namespace: Style(color="cyan", underline=True),
    Name.Decorator: Style(color="magenta", bold=True),
    Name.Variable: Style(color="red"),
    Name.Attribute: Style(color="cyan"),
    Name.Tag: Style(color="blue"),
    String: Style(color="yellow"),
    Number: Style(color="blue"),
    Generic.Deleted: Style(color="red"),
    Generic.Inserted: Style(color="green"),
    Generic.Heading: Style(bold=True),
    Generic.Subheading: Style(color="magenta", bold=True),
    Generic.Prompt: Style(bold=True),
    Error: PLAIN,
}

_Place = tuple[int, tuple[str, ...]]  # a position in the held text, and the states of the lexer there


@cache
def _colour(kind: _TokenType) -> Style:
    while kind not in _COLOURS and kind.parent is not None:
        kind = kind.parent
    return _COLOURS[kind]


@cache
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language) if language else None
    except ClassNotFound:
        return None


class Highlighter:
    """`line` takes the lines of one block of code in order, without their newlines."""

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language.lower())
        self._held = ""
        self._place: _Place = (0, ("root",))

    def clone(self) -> "Highlighter":
        new = Highlighter.__new__(Highlighter)
        new._lexer, new._held, new._place = self._lexer, self._held, self._place
        return new

    def line(self, text: str) -> tuple[Run, ...]:
        if self._lexer is None or len(text) > _LONGEST_LINE or len(self._held) > _LONGEST_HELD:
            return ((text, PLAIN),) if text else ()
        if isinstance(self._lexer, RegexLexer) and not isinstance(self._lexer, ExtendedRegexLexer):
            runs = joined(self._lex_on(self._lexer, text))
        else:
            tokens = self._lexer.get_tokens_unprocessed(text + "\n")
            runs = joined((part.rstrip("\n"), _colour(kind)) for _, kind, part in tokens)
        # A lexer may drop or change what it does not expect.
        return runs if "".join(part for part, _ in runs) == text else ((text, PLAIN),)

    def _lex_on(self, lexer: RegexLexer, text: str) -> Iterator[Run]:
        start = len(self._held)
        self._held += text + "\n"
        end = len(self._held) - 1
        tokens, states = _lex(lexer, self._held, self._place)
        for _, at, kind, part in tokens:
            yield part[max(0, start - at) : max(0, end - at)], _colour(kind)
        place, _, _, last = tokens[-1] if tokens else (self._place, 0, Token, "")
        if last.strip() and last.endswith("\n"):
            self._go_on_from(place)
        else:
            self._held, self._place = "", (0, states)

    def _go_on_from(self, place: _Place) -> None:
        """Keep the line in which `place` is, as `^` in a lexer's table looks at what is before."""
        line = self._held.rfind("\n", 0, place[0]) + 1
        self._held = self._held[line:]
        self._place = (place[0] - line, place[1])


def _lex(
    lexer: RegexLexer, text: str, place: _Place
) -> tuple[list[tuple[_Place, int, _TokenType, str]], tuple[str, ...]]:
    """The tokens from `place` to the end of `text`, each with the place before it, and the states at the end.

    The loop of `RegexLexer.get_tokens_unprocessed`, which keeps the states to itself.
    """
    table = lexer._tokens  # type: ignore[attr-defined]
    at, states = place[0], list(place[1])
    tokens: list[tuple[_Place, int, _TokenType, str]] = []
    while at < len(text):
        match = None
        for match_at, action, change in table[states[-1]]:  # noqa: B007
            if match := match_at(text, at):
                break
        if not match:
            if text[at] == "\n":
                states = ["root"]
                tokens.append(((at, ("root",)), at, Whitespace, "\n"))
            else:
                tokens.append(((at, tuple(states)), at, Error, text[at]))
            at += 1
            continue
        before = (at, tuple(states))
        if callable(action):
            tokens += ((before, *token) for token in action(lexer, match))
        elif action is not None:
            tokens.append((before, at, action, match.group()))
        at = match.end()
        if change is not None:
            _change(states, change)
    return tokens, tuple(states)


def _change(states: list[str], change: object) -> None:
    if isinstance(change, int):
        del states[max(1, len(states) + change) :]
        return
    for name in change if isinstance(change, tuple) else (change,):
        if name == "#pop":
            del states[max(1, len(states) - 1) :]
        else:
            states.append(states[-1] if name == "#push" else name)
