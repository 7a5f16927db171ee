"""A cut answer and what a model says when it is asked for the rest, joined without a doubled or a lost word.

The model is asked to repeat the last words of its answer before it goes on: where they are found, there is the seam.
That also tells whether a blank or half a word is missing, which "go on with the next character" does not.
"""

from __future__ import annotations

import re

LEAST_OVERLAP = 16  # characters other than white space; fewer may be chance
_LAST_WORDS, _LONGEST_LINE = 32, 200  # characters to repeat at least; a line that is longer is not repeated whole
_NOT_EACH_TIME = 8  # of what is held back, this share more has to come before it is looked at again

# What models say before they go on, though they were asked not to. It goes only where the repeated words follow.
_OPENERS = ("sure", "ok", "okay", "certainly", "of course", "here", "continu", "apolog", "sorry", "the rest", "resum")
_OPENER = rf"(?:{'|'.join(_OPENERS)})"
_BEGINNINGS = {opener[:end] for opener in _OPENERS for end in range(len(opener) + 1)}
_PREFACE = re.compile(
    rf"\s*(?P<opener>{_OPENER}[^\n]{{0,120}}?(?:\n\s*|:(?=\s)\s*))?"
    r"(?P<fence>(?P<mark>`{3,}|~{3,})[^\n`]{0,20}\n)?"
    "[\\s\"'“”„«»`*_>.…]{0,20}",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(rf"\s*(?:{_OPENER}[^\n]{{0,120}}:?|(?:[`~]{{1,3}}|[`~]{{3,}}[^\n`]{{0,20}}))\Z", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)
_MAYBE_CLOSING = re.compile(r"\s*(?:`+|~+)?\s*\Z")


def request_for_rest(answer: str) -> str:
    """What is said to a model that sees its own unfinished answer just above."""
    return (
        "Your answer above broke off. Finish it. Begin with its last words, repeated exactly as they stand below, and "
        "go on from there as if nothing had happened: no introduction, no apology, no new code fence, nothing else "
        f"repeated. Its last words are:\n\n{last_words(answer)}"
    )


def last_words(answer: str) -> str:
    """The end of an answer, from the beginning of a line or a word on, that stands nowhere else in it."""
    answer = answer.rstrip()
    squeezed = _squeezed(answer)
    count = max(_unique(squeezed), min(_LAST_WORDS, len(squeezed)))
    start = len(answer) - len(answer[_end_of(answer, 0, len(squeezed) - count) :].lstrip())
    line = answer.rfind("\n", 0, start + 1) + 1
    word = max(answer.rfind(space, 0, start + 1) for space in " \t\n") + 1
    if start - line <= _LONGEST_LINE:
        return answer[line:]
    return answer[word if start - word <= _LONGEST_LINE else start :]


class Joiner:
    """A filter on what is said after `begun`: the text that is new, the same however what comes is cut.

    It holds back as long as what came may repeat what is there, which is never longer than that. `is_sure` is whether
    the seam was found; where it was not, everything is given out: a word may be doubled, none is lost.
    """

    def __init__(self, begun: str) -> None:
        self._begun = begun
        self._squeezed = _squeezed(begun)
        self._least = _unique(self._squeezed)
        self._spaces = begun[len(begun.rstrip()) :]
        self._held = ""
        self._look_at = 0
        self._state = self._seek
        self._passes = False  # all that comes from now on is new
        self._wrapped_in = ""  # the fence around all of the rest
        self._given: list[str] = []  # only where there is such a fence
        self.is_sure = not self._squeezed

    def feed(self, text: str) -> str:
        """The new text in what came so far, as far as it was not given out."""
        if self._passes:
            return text
        self._held += text
        return self._state()

    def finish(self, *, breaks_off: bool = False) -> str:
        """What is still held back at the end; nothing where what may be a repetition `breaks_off` in its middle."""
        self._look_at = 0
        given = self._state()
        held, self._held = self._held, ""
        if self._state == self._pass:
            is_closing = held.strip() == self._wrapped_in and not open_fence(self._begun + "".join(self._given))
            return given if self._wrapped_in and is_closing else given + held
        return "" if self._state == self._trim or breaks_off else held

    def _seek(self) -> str:
        if len(self._held) < self._look_at:
            return ""
        head, may_repeat = self._held, bool(self._squeezed and _may_be_preface(self._held))
        for start, fence in self._starts(head):
            size = self._overlap(_squeezed(head[start:]))
            if size:
                self.is_sure = True
                self._wrapped_in = fence
                self._held = head[_end_of(head, start, size) :]
                self._state = self._trim
                return self._trim()
            may_repeat = may_repeat or size is None
        if may_repeat:
            self._look_at = len(head) + len(head) // _NOT_EACH_TIME
            return ""
        self._held = self._less_opened_fence(head)
        self._state = self._pass if self._squeezed else self._trim
        return self._state()

    def _starts(self, head: str) -> list[tuple[int, str]]:
        """Where in the beginning the repetition may begin, and the fence that was opened before."""
        found = _PREFACE.match(head)
        if found is None or len(self._squeezed) < LEAST_OVERLAP:
            return [(0, "")]
        starts = {0: "", **{found.end(name): "" for name in ("opener",) if found[name]}}
        starts |= {end: found["mark"] or "" for end in (found.end("fence"), found.end()) if end >= 0}
        return list(starts.items())

    def _overlap(self, said: str) -> int | None:
        """How many characters of what was said are the end of the answer; None where that cannot be told yet."""
        begun, last = self._squeezed, len(self._squeezed) - self._least
        key = said[: self._least]
        at = begun.find(key, max(0, len(begun) - len(said)))
        while 0 <= at <= last:
            if said.startswith(begun[at:]):
                return len(begun) - at
            at = begun.find(key, at + 1)
        return None if 0 <= begun.find(said, 0, len(begun) - 1) <= last else 0

    def _trim(self) -> str:
        """Takes away the white space that the answer ends with already."""
        rest, spaces = self._held, self._spaces
        lead = rest[: len(rest) - len(rest.lstrip())]
        if rest == lead and len(lead) < len(spaces) and spaces.startswith(lead):
            return ""
        if rest.startswith(spaces):
            rest = rest[len(spaces) :]
        elif spaces.startswith(lead):
            rest = rest[len(lead) :]
        self._held, self._state = rest, self._pass
        return self._pass()

    def _pass(self) -> str:
        self._passes = not self._wrapped_in
        end = len(self._held)
        if self._wrapped_in and (found := _MAYBE_CLOSING.search(self._held)):
            end = found.start()
        given, self._held = self._held[:end], self._held[end:]
        if self._wrapped_in:
            self._given.append(given)
        return given

    def _less_opened_fence(self, head: str) -> str:
        """Without a first line that opens once more the code block in which the answer broke off: a line that closes
        one names no language (CommonMark, section 4.5).
        """
        opened, again = open_fence(self._begun), _FENCE.match(head)
        is_same = opened and again and again[2].strip() and opened == (again[1], again[2].strip())
        return head[again.end() :].removeprefix("\n") if again and is_same else head


def open_fence(text: str) -> tuple[str, str] | None:
    """The code fence in which a text ends, and the words behind it."""
    opened: tuple[str, str] | None = None
    for found in _FENCE.finditer(text):
        mark, info = found[1], found[2].strip()
        if opened is None:
            opened = mark, info
        elif not info and mark.startswith(opened[0]):
            opened = None
    return opened


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _unique(squeezed: str) -> int:
    """How many characters at the end of a text stand nowhere else in it: at least LEAST_OVERLAP, if it has so many."""
    size = LEAST_OVERLAP
    while size < len(squeezed) and squeezed.find(squeezed[-size:]) < len(squeezed) - size:
        size *= 2
    return min(size, len(squeezed))


def _end_of(text: str, start: int, count: int) -> int:
    """Where the `count` characters other than white space end that come from `start` on."""
    at = start
    while count:
        piece = text[at : at + count]
        count -= len(_squeezed(piece))
        at += len(piece)
    return at


def _may_be_preface(head: str) -> bool:
    return head.lstrip().lower() in _BEGINNINGS or _UNFINISHED.match(head) is not None
