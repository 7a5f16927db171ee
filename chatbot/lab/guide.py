"""The embedded model: finds the sections of this program's manual that answer a question. No language model.

A section is scored by the words that it shares with the question; rare words count more (inverse document frequency),
words of the heading more than words of the text. A section matches only if it knows most of the question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from chatbot.records import NamedTuple

HEADING_WEIGHT = 3.0
ALIAS_WEIGHT = 2.0
TEXT_WEIGHT = 1.0  # at most, however often the text says the word
NEEDED_SHARE = 0.45  # of the question's weight that a section must know
SECOND_SHARE = 0.8  # of the best score, to be shown too
RELATED_SHARE = 0.45  # of the best score, to be named
MAX_RELATED = 3

_STOP_WORDS = frozenset(
    """a about actually all also am an and any are as at be because been being but by can cannot could d did do does
    doing don done else explain for from get give go got had has have having help here hey hi how i if in into is isn
    it its just know let like ll m mean means me more must my need no not now of off on one or our out over please s
    should show so some someone something t tell than thank thanks that the their them then there these they thing
    this those to too up us use used using very want was way we were what whats when where which who why will with
    work works would you your""".split()
)
_GREETING = re.compile(
    r"\s*(hi|hello|hey|hallo|servus|moin|good (morning|day|evening))\b[\s!.,]*(there|you|chat)?\W*", re.I
)
_ABOUT_ITSELF = re.compile(r"\b(what (can|do) you do|who are you|what are you|how can you help|^\s*help\W*$)", re.I)

_INTRODUCTION = """\
I am the guide built into `chat`: no language model, but a search through this program's own manual. \
I work without a key and without a network."""
_NOTHING_FOUND = """\
I found nothing about that in the manual of `chat`. I am no language model: I only search that manual, so I can answer \
questions about this program and nothing else."""
_REAL_MODEL = """\
To ask a real model, either

- keep a key with `chat keys set openai` (or `anthropic`, `gemini`), or set `OPENAI_API_KEY`, then `chat "question"`; or
- start a local server such as Ollama, then `chat -m ollama/MODEL "question"`."""


class Section(NamedTuple):
    """One `##` part of the manual. `text` is Markdown without the heading."""

    chapter: str
    heading: str
    text: str
    weights: Mapping[str, float]
    """How much each stem says about this section."""


def manual() -> str:
    """The bundled manual, Markdown."""
    return Path(__file__).with_name("manual.md").read_text(encoding="utf-8")


def answer(question: str, manual: str) -> str:
    """The one or two sections of the manual that answer the question, as Markdown; or what can be asked instead."""
    sections = read_sections(manual)
    greeting = _GREETING.match(question)
    if _ABOUT_ITSELF.search(question) or (greeting and not stems(question[greeting.end() :])):
        return f"{'Hello! ' if greeting else ''}{_INTRODUCTION}\n\n{_topics(sections)}\n\n{_REAL_MODEL}\n"
    ranked = rank(question, sections)
    if not ranked:
        return f"{_NOTHING_FOUND}\n\n{_topics(sections)}\n\n{_REAL_MODEL}\n"
    best = ranked[0][0]
    shown = [section for score, section in ranked[:2] if score >= SECOND_SHARE * best]
    related = [section.heading for score, section in ranked[len(shown) :] if score >= RELATED_SHARE * best]
    wanted = set(stems(question))
    text = "\n\n".join(f"## {section.heading}\n\n{_narrowed(section.text, wanted)}" for section in shown)
    return f"{text}\n\nSee also: {'; '.join(related[:MAX_RELATED])}\n" if related else f"{text}\n"


@lru_cache(maxsize=1)  # there is one manual, and a server is asked of it again and again
def read_sections(manual: str) -> tuple[Section, ...]:
    """The `##` sections. A comment `<!-- also: words -->` in one lists words that people use for it."""
    sections = []
    chapter = ""
    for block in re.split(r"^(?=##? )", manual, flags=re.M):
        title, _, text = block.partition("\n")
        if title.startswith("# "):
            chapter = title[2:].strip()
        elif title.startswith("## "):
            sections.append(_section(chapter, title[3:].strip(), text))
    return tuple(sections)


def _section(chapter: str, heading: str, text: str) -> Section:
    aliases = " ".join(re.findall(r"<!-- also: (.*?) -->", text, flags=re.S))
    text = re.sub(r"<!--.*?-->\n*", "", text, flags=re.S).strip()
    said = Counter(stems(re.sub(r'"[^"\n]*"', "", text)))  # what the examples ask is not what the section is about
    weights = {stem: TEXT_WEIGHT * times / (times + 1) for stem, times in said.items()}
    for words, weight in ((aliases, ALIAS_WEIGHT), (heading, HEADING_WEIGHT)):
        for stem in set(stems(words)):
            weights[stem] = weights.get(stem, 0) + weight
    return Section(chapter, heading, text, weights)


def rank(question: str, sections: Sequence[Section]) -> list[tuple[float, Section]]:
    """The sections that match, the best first, with their scores."""
    wanted = set(stems(question))
    rarity = {stem: _rarity(stem, sections) for stem in wanted}
    needed = NEEDED_SHARE * sum(rarity.values())
    found = []
    for section in sections:
        known = wanted & section.weights.keys()
        knows_enough = sum(rarity[stem] for stem in known) >= needed
        if knows_enough and not all(_is_digit(stem) for stem in known):
            found.append((sum(rarity[stem] * section.weights[stem] for stem in known), section))
    return sorted(found, key=lambda pair: -pair[0])


def _rarity(stem: str, sections: Sequence[Section]) -> float:
    """Inverse document frequency, as in BM25; a word the manual never says is the rarest."""
    having = sum(stem in section.weights for section in sections)
    return math.log(1 + (len(sections) - having + 0.5) / (having + 0.5))


def _is_digit(stem: str) -> bool:
    """A single digit alone says too little: "what is 2+2" is no question about exit code 2."""
    return len(stem) == 1 and stem.isdecimal()


def stems(text: str) -> list[str]:
    """The words that mean something, lower case, without the commonest English endings."""
    words = re.findall(r"[^\W_]+", text.lower())
    return [_stem(word) for word in words if word not in _STOP_WORDS]


def _stem(word: str) -> str:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + instead
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word  # stopping, stopp-ed: stop


_ENDINGS = (
    ("ments", ""),
    ("ment", ""),
    ("ings", ""),
    ("ing", ""),
    ("ies", "y"),
    ("sses", "ss"),
    ("ches", "ch"),
    ("ss", "ss"),
    ("us", "us"),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)


def _narrowed(text: str, wanted: Iterable[str]) -> str:
    """The text, its tables less the rows that do not begin with a wanted number, if any row does."""
    lines = text.split("\n")
    numbers = {stem for stem in wanted if stem.isdecimal()}
    rows = [line for line in lines if line.startswith("|") and numbers & set(stems(line.split("|")[1]))]
    if not rows:
        return text
    head = [line for line in lines if line.startswith("|")][:2]
    return "\n".join(line for line in lines if not line.startswith("|") or line in head or line in rows)


def _topics(sections: Sequence[Section]) -> str:
    """What can be asked, a line for each chapter."""
    chapters: dict[str, list[str]] = {}
    for section in sections:
        chapters.setdefault(section.chapter, []).append(section.heading)
    lines = [f"- **{chapter}**: {'; '.join(headings)}" for chapter, headings in chapters.items()]
    return "\n".join(["I know about:", "", *lines])
