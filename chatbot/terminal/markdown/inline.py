"""The inline dialect: a stretch of a paragraph to runs of styled text.

CommonMark by markdown-it, with strikethrough; without HTML and reference links, which would swallow text or depend on
lines that are yet to come. Formulas are kept as they were written. Link targets are shown.
"""

import re
from functools import cache, lru_cache

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from rich.style import Style

from chatbot.records import NamedTuple
from chatbot.terminal.markdown.look import CODE, DIM, EMPHASIS, LINK, PLAIN, STRONG, STRUCK
from chatbot.terminal.markdown.row import Run
from chatbot.terminal.markdown.wrap import WIDE
from chatbot.terminal.sanitise import sanitise

_DOLLARS = re.compile(r"\$(?![\s$])[^$\n]*?(?<![\s\\])\$(?!\d)")
_FARTHEST_LOOK = 10_000  # characters that are looked at for the ends of links: more openings than these are text
_CJK = re.compile(f"[{WIDE}\u1100-\u11ff\uac00-\ud7a3]")
_PRICE = re.compile(r"\$\d")
_CLOSER = {r"\(": r"\)", r"\[": r"\]", "$$": "$$"}
_STYLES = {"strong_open": STRONG, "em_open": EMPHASIS, "s_open": STRUCK, "link_open": LINK}
_UNFINISHED = re.compile(r"(?:&#?\w*|<[A-Za-z/][^\s<>]*)$")  # an entity, an autolink


class _State(StateInline):
    """Marks next to Chinese, Japanese or Korean: there are no spaces between words, so only white space on the inner
    side keeps a mark from being one (the proposal "CJK-friendly emphasis"). CommonMark would show `**注意：**请看`.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        found = super().scanDelims(start, canSplitWord)
        end = start + found.length
        before, after = self.src[max(start - 1, 0) : start] or " ", self.src[end : min(end + 1, self.posMax)] or " "
        if canSplitWord and (_CJK.match(before) or _CJK.match(after)):
            return Scanned(not after.isspace(), not before.isspace(), found.length)
        return found


class Inline(NamedTuple):
    """`open`: text that follows may change these runs. `openers`: marks that wait for their closing ones."""

    runs: tuple[Run, ...]
    open: bool
    openers: str


@lru_cache(maxsize=64)  # most of what a frame shows was in the one before
def parse(source: str) -> Inline:
    parser = _parser()
    state = _State(source, parser, {}, [])
    parser.inline.tokenize(state)
    for rule in parser.inline.ruler2.getRules(""):
        rule(state)
    openers = "".join(chr(mark.marker) for mark in state.delimiters if mark.open and mark.end < 0)
    literal = "".join(token.content for token in state.tokens if token.type == "text")
    is_open = bool(openers or state.env.get("open") or _has_opener(literal) or _UNFINISHED.search(source))
    return Inline(tuple(_runs(state.tokens)), is_open, openers)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    parser.enable("strikethrough").disable("html_inline")
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.helpers = _LinkParts  # type: ignore[assignment]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # shown, never followed
    return parser


class _LinkParts:
    """markdown-it's helpers of this name, but a `[` that begins no link is not followed to the end of the text."""

    parseLinkDestination = staticmethod(helpers.parseLinkDestination)  # noqa: N815
    parseLinkTitle = staticmethod(helpers.parseLinkTitle)  # noqa: N815

    @staticmethod
    def parseLinkLabel(state: StateInline, start: int, disableNested: bool = False) -> int:  # noqa: N802, N803
        if state.src.find("](", start, max(start, state.src.rfind(")", start, state.posMax))) < 0:
            return -1
        looked_at, most = state.env.get("looked_at", 0), state.posMax - start
        if looked_at > _FARTHEST_LOOK:
            return -1
        state.env["looked_at"] = looked_at + most
        end = helpers.parseLinkLabel(state, start, disableNested)
        if end >= 0:
            state.env["looked_at"] -= most - (end - start)
        return end


def _formula(state: StateInline, silent: bool) -> bool:
    r"""`\(…\)`, `\[…\]`, `$$…$$` and, on one line, `$…$`: kept as they are. A dollar before a digit closes nothing."""
    start, source = state.pos, state.src
    if source[start] not in "\\$":
        return False
    if closer := _CLOSER.get(source[start : start + 2]):
        end = source.find(closer, start + 2, state.posMax) + 2
        state.env["open"] = state.env.get("open") or end < 2
    else:
        # What begins with a digit is a price more often than a formula: it does not wait long for its end.
        limit = start + (40 if _PRICE.match(source, start) else 400)
        match = _DOLLARS.match(source, start, min(limit, state.posMax))
        end = match.end() if match else 0
        if not match and source[start + 1 : start + 2].strip(" \n$"):
            state.env["open"] = state.env.get("open") or (len(source) < limit and "\n" not in source[start:])
    if end < 2:
        return False
    if not silent:
        state.push("formula", "", 0).content = source[start:end]
    state.pos = end
    return True


def _has_opener(literal: str) -> bool:
    """Marks left as text that may still begin a code span or a link."""
    if "`" in literal:
        return True
    if "[" not in literal:
        return False
    depth = 0
    for char in literal:
        if char == "[":
            depth += 1
        elif char == "]" and depth:
            depth -= 1
    destination = literal.rfind("](")
    return depth > 0 or (destination >= 0 and ")" not in literal[destination:])


def _runs(tokens: list[Token]) -> list[Run]:
    runs: list[Run] = []
    styles: list[Style] = [PLAIN]
    link_starts: list[tuple[int, str]] = []
    for token in tokens:
        kind = token.type
        if kind in ("text", "text_special"):
            text = token.content if kind == "text" else sanitise(token.content)
            # An entity may decode to a line end or a tab.
            runs.append((text if kind == "text" else text.replace("\n", " ").replace("\t", " "), styles[-1]))
        elif kind in ("softbreak", "hardbreak"):
            runs.append(("\n", PLAIN))
        elif kind in ("code_inline", "formula"):
            runs.append((token.content, styles[-1] + CODE))
        elif kind == "image":
            runs.append((f"[image: {token.content}]", styles[-1]))
            runs.append((f" ({_target(token, 'src')})", styles[-1] + DIM))
        elif kind in _STYLES:
            styles.append(styles[-1] + _STYLES[kind])
            if kind == "link_open":
                link_starts.append((len(runs), _target(token, "href")))
        elif token.nesting < 0:
            styles.pop()
            if kind == "link_close":
                start, target = link_starts.pop()
                if "".join(text for text, _ in runs[start:]) not in (target, target.removeprefix("mailto:")):
                    runs.append((f" ({target})", styles[-1] + DIM))
    return runs


def _target(token: Token, name: str) -> str:
    return sanitise(str(token.attrs.get(name, ""))).replace("\n", " ").replace("\t", " ")
