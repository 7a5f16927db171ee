"""Colours for code, a line at a time: what is out is never looked at again.

Pygments lexes whole texts. Here its loop over a lexer's table of states stops at the end of each line and goes on
from there with the next. A lexer with a loop of its own begins each line anew. A token that is still open at the end
of a line (a block comment) is lexed again with the next one, together with the line in which it began.

The regular expressions of some lexers take for ever over a few characters: only those in `_LANGUAGES` are used, each
of which comes to its end with a table of hostile lines and with random blocks (tests/terminal/markdown/languages.py).
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice

from pygments.lexer import Lexer, RegexLexer
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
from rich.style import Style

from chatbot.records import NamedTuple
from chatbot.terminal.markdown.look import PLAIN
from chatbot.terminal.markdown.row import Run, joined


class _Bounds(NamedTuple):
    """What one line may cost. `characters`: of the line; what comes after them is plain. `rules`: of a lexer's table
    that are tried. `tokens`: how many there may be; `own_tokens`: of a lexer with a loop of its own.
    """

    characters: int
    rules: int
    tokens: int
    own_tokens: int


_LONGEST_LINE = 500  # characters; longer ones are data, not code to read
_LONGEST_HELD = 200  # characters of the line in which an open token began
_WHOLE_LINE = _Bounds(_LONGEST_LINE, 30_000, 600, 600)
_TYPED_LINE = _Bounds(80, 2_000, 40, 22)  # it is drawn again and again while it grows

# Pygments' name for a language, and other names for it. Left out on purpose: lexers that choose others by a name in the
# text (markdown, http, vim, and postgresql, which is coloured as any SQL), and those that hang (scala, fish, tcsh...).
_LANGUAGES = {
    name: known.split()[0]
    for known in (
        "python py python3 py3 gyp",
        "pycon",
        "bash sh shell zsh ksh",
        "console shell-session bash-session",
        "powershell ps1 pwsh",
        "batch bat cmd",
        "javascript js mjs cjs node",
        "typescript ts",
        "jsx react",
        "tsx",
        "json jsonc json5 ndjson",
        "yaml yml",
        "toml",
        "ini cfg conf dosini editorconfig",
        "properties",
        "xml svg rss xsd",
        "html htm xhtml",
        "css",
        "scss",
        "less",
        "diff patch udiff",
        "c h",
        "cpp c++ cc cxx hpp arduino",
        "objective-c objc objectivec",
        "csharp c# cs",
        "java",
        "kotlin kt kts",
        "groovy gradle",
        "go golang",
        "rust rs",
        "swift",
        "dart",
        "zig",
        "ruby rb",
        "php",
        "perl pl",
        "lua",
        "r rlang",
        "julia jl",
        "haskell hs",
        "ocaml ml",
        "fsharp f# fs",
        "elixir ex exs",
        "erlang erl",
        "clojure clj cljs",
        "sql postgresql postgres psql pgsql plpgsql sqlite sqlite3 tsql plsql mssql oracle bigquery snowflake",
        "mysql mariadb",
        "graphql gql",
        "protobuf proto",
        "docker dockerfile containerfile",
        "make makefile mk",
        "cmake",
        "terraform hcl tf",
        "nginx",
        "nix",
        "awk gawk",
        "latex tex",
        "matlab octave",
    )
    for name in known.split()
}

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

_States = tuple[str, ...]
_Place = tuple[int, _States]  # a position in the held text, and the states of the lexer there
_Token = tuple[int, _TokenType, str]  # as Pygments gives it, with its position
_ROOT: _States = ("root",)


@cache
def _colour(kind: _TokenType) -> Style:
    while kind not in _COLOURS and kind.parent is not None:
        kind = kind.parent
    return _COLOURS[kind]


def known_as(language: str) -> str:
    """One name for each language, whichever of its names this is."""
    return _LANGUAGES.get(language.lower(), language.lower())


@cache
def _lexer(language: str) -> Lexer | None:
    return get_lexer_by_name(_LANGUAGES[language]) if language in _LANGUAGES else None


class Highlighter:
    """`line` takes the lines of one block of code in order, without their newlines. What a lexer makes of them never
    matters more than their text: it may fail.
    """

    def __init__(self, language: str) -> None:
        self._lexer = _lexer(language.lower())
        self._held = ""
        self._place: _Place = (0, _ROOT)
        self._bounds = _WHOLE_LINE

    def clone(self) -> "Highlighter":
        """For a look at a line that still grows, which may cost less than a whole one."""
        new = Highlighter.__new__(Highlighter)
        new._lexer, new._held, new._place, new._bounds = self._lexer, self._held, self._place, _TYPED_LINE
        return new

    def line(self, text: str) -> tuple[Run, ...]:
        if self._lexer is None or len(text) > _LONGEST_LINE:
            return ((text, PLAIN),) if text else ()
        try:
            runs = joined(self._lex_on(self._lexer, text))
        except Exception:
            runs = ()
        # A lexer may drop or change what it does not expect.
        return runs if "".join(part for part, _ in runs) == text else ((text, PLAIN),)

    def _lex_on(self, lexer: Lexer, text: str) -> Iterator[Run]:
        start = len(self._held)
        source = self._held + text[: self._bounds.characters] + "\n"
        end = len(source) - 1
        tokens, place, states = _tokens(lexer, source, self._place, self._bounds)
        for at, kind, part in tokens:
            yield part[start - at if at < start else 0 : end - at if at < end else 0], _colour(kind)
        at, _, last = tokens[-1] if tokens else (0, Token, "")
        lexed = min(at + len(last), end)
        yield text[max(0, lexed - start) :], PLAIN
        is_open = last.endswith("\n") and not last.isspace()
        self._go_on_from(source, place if is_open else (0, states), is_open)

    def _go_on_from(self, source: str, place: _Place, is_open: bool) -> None:
        """Keeps the line in which an open token began, as `^` in a lexer's table looks at what is before."""
        self._held, self._place = "", (0, place[1])
        if is_open:
            line = source.rfind("\n", 0, place[0]) + 1
            began = source[line : source.index("\n", place[0]) + 1]
            if len(began) <= _LONGEST_HELD:
                self._held, self._place = began, (place[0] - line, place[1])


def _tokens(lexer: Lexer, source: str, place: _Place, bounds: _Bounds) -> tuple[list[_Token], _Place, _States]:
    """The tokens from `place` to the end of `source`, as far as `bounds` allow; where the lexer was before the last of
    them, and its states at the end.
    """
    if type(lexer).get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed:
        return _lex(lexer, source, place, bounds)
    found = list(islice(lexer.get_tokens_unprocessed(source), bounds.own_tokens))
    return found, (found[-1][0] if found else 0, _ROOT), _ROOT


def _lex(lexer: Lexer, text: str, place: _Place, bounds: _Bounds) -> tuple[list[_Token], _Place, _States]:
    """The loop of `RegexLexer.get_tokens_unprocessed`, which keeps the states to itself and has no bounds."""
    table = lexer._tokens  # type: ignore[attr-defined]
    before = at, states = place
    tokens: list[_Token] = []
    rules = bounds.rules
    while at < len(text) and rules > 0 and len(tokens) < bounds.tokens:
        tried = table[states[-1]]
        rules -= len(tried)
        for match_at, action, change in tried:  # noqa: B007
            if match := match_at(text, at):
                break
        else:
            if text[at] == "\n":
                states = _ROOT
            before = at, states
            tokens.append((at, Whitespace if text[at] == "\n" else Error, text[at]))
            at += 1
            continue
        if action is not None:
            found = list(action(lexer, match)) if callable(action) else [(at, action, match.group())]
            if found:
                before = at, states
                tokens += found
        at = match.end()
        if change is not None:
            states = _changed(states, change)
    return tokens, before, states if at >= len(text) else place[1]


def _changed(states: _States, change: object) -> _States:
    if isinstance(change, int):
        return states[: max(1, len(states) + change)]
    for name in change if isinstance(change, tuple) else (change,):
        if name == "#pop":
            states = states[: max(1, len(states) - 1)]
        else:
            states += (states[-1] if name == "#push" else name,)
    return states
