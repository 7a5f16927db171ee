"""What the lab plays to a client, as a table: the replies, one question after the other, and how the client is run."""

from __future__ import annotations

from typing import Literal

from chatbot.lab.answers import Asked, Fault
from chatbot.lab.grade import changes
from chatbot.lab.grade.changes import Change, each_event, unchanged
from chatbot.lab.grade.waiting import MOST_WAITS
from chatbot.lab.replies import Refuse, Say, Silence, Turn
from chatbot.lab.scenarios import BY_NAME
from chatbot.records import NamedTuple

QUESTION = "Why is the sky blue?"
HARD_QUESTION = 'Say "hi" \\ and: <ü> 世界 👩‍🚀, it\'s 100%\nin two lines'
PACE_S = 0.08
PATIENCE_S = 15.0
LONGEST_S = 40.0
LIMITED_S = 3  # not 2, which is what many wait anyway
SILENCE_S = 1.0  # before a client is interrupted
TIMEOUT_S, MOST_RETRIES = 3, 3  # what a client is told


class Step(NamedTuple):
    """One reply."""

    turn: Turn
    change: Change = unchanged


class Scene(NamedTuple):
    """`steps` are played one for each question, the last one for all that follow.

    `patience_s`: a client is ended where nothing happened for so long; `most_asked`: or once it asked so often.
    `interrupts`: it gets SIGINT a second after the server fell silent. `by_stdin`: the question is piped in where it
    would be a word of the command line. `waits`: it takes its time, and little else. `is_more`: it is played for cases
    that want more.
    """

    name: str
    steps: tuple[Step, ...]
    question: str = QUESTION
    output: Literal["piped", "terminal", "closed"] = "piped"
    interrupts: bool = False
    by_stdin: bool = False
    waits: bool = False
    is_more: bool = False
    most_asked: int = 30
    patience_s: float = PATIENCE_S

    def step(self, number: int) -> Step:
        """The one for a question, the first of which is number 0."""
        return self.steps[min(number, len(self.steps) - 1)]


def whole_text(turn: Turn) -> str:
    """What a whole answer says; empty where the turn is none."""
    if not isinstance(turn, Say) or turn.stop_after is not None or turn.fault:
        return ""
    return turn.text if isinstance(turn.text, str) else turn.text(_NOBODY)


def _of(name: str, **more: object) -> Scene:
    """A scenario of the lab as a scene."""
    return Scene(name, tuple(Step(turn) for turn in BY_NAME[name].turns), **more)  # type: ignore[arg-type]


def _changed(name: str, change: Change, turn: Turn | None = None) -> Scene:
    """An answer with other bytes."""
    return Scene(name, (Step(turn or _SAYS, change),))


def _limited(seconds: int) -> Step:
    return Step(Refuse(Fault.RATE_LIMITED, retry_after=str(seconds)), changes.with_retry_after(seconds))


_NOBODY = Asked("")
_HANGS = BY_NAME["hang-in-stream"].turns[0]
_SAYS = Say("The lab answers in one plain line, whatever surrounds it.")  # nothing that JSON would escape
_HARD = Say('The lab answers:\n\n  1. in "words",\n\t2. with \\, ümläuts, 👩‍🚀 & <signs>,\n  3. and an end.')
_ALWAYS_BUSY = (Step(Refuse(Fault.OVERLOADED)),)

PLAIN = Scene("plain", (Step(BY_NAME["slow"].turns[0]),))
SCENES = (
    # those that take their time come first
    Scene("hang-before-headers", (Step(Silence("hang")),), most_asked=2, waits=True),
    Scene("hang-in-stream", (Step(_HANGS),), most_asked=2, waits=True),
    _of("always-500", patience_s=LONGEST_S, waits=True),
    Scene("always-busy", _ALWAYS_BUSY, patience_s=LONGEST_S, waits=True),
    Scene("busy-twice", (*_ALWAYS_BUSY * 2, Step(_SAYS)), patience_s=LONGEST_S, waits=True),
    Scene("limited", (_limited(LIMITED_S), Step(_SAYS)), waits=True),
    Scene("limited-until", (Step(Refuse(Fault.RATE_LIMITED), changes.with_retry_date), Step(_SAYS)), waits=True),
    Scene("limited-for-an-hour", (_limited(3600),), waits=True),
    Scene("fault-once", (Step(Refuse(Fault.SERVER)), Step(_SAYS)), waits=True),
    Scene("reset-once", (Step(Silence("reset")), Step(_SAYS)), waits=True),
    _of("html-502", waits=True),
    Scene("one-more-500", (Step(Refuse(Fault.SERVER)),), waits=True, is_more=True, most_asked=MOST_WAITS + 1),
    Scene("one-more-busy", _ALWAYS_BUSY, waits=True, is_more=True, most_asked=MOST_WAITS + 1),
    Scene("ctrl-c", (Step(_HANGS),), interrupts=True, waits=True),
    PLAIN,
    Scene("hard-question", (Step(_SAYS),), question=HARD_QUESTION),
    Scene("stdin", (Step(_SAYS),), question=HARD_QUESTION, by_stdin=True),
    Scene("closed-pipe", (Step(_SAYS._replace(paced=True)),), output="closed"),
    Scene("terminal", (Step(BY_NAME["escapes"].turns[0]),), output="terminal"),
    Scene("hard-answer", (Step(_HARD),)),
    _of("escapes"),
    _of("wrong-key"),
    Scene("wrong-key-said", (Step(Refuse(Fault.WRONG_KEY), changes.with_the_key),)),
    _of("no-permission"),
    _of("unknown-model"),
    Scene("bad-request", (Step(Refuse(Fault.CONTEXT_TOO_LONG)),)),
    Scene("redirect", (Step(_SAYS, changes.elsewhere),)),
    _of("cut"),
    _of("no-end-marker"),
    _of("error-in-stream"),
    _changed("half-an-event", changes.half_an_event, BY_NAME["cut"].turns[0]),
    _of("error-200"),
    _of("empty-200"),
    _of("html-200"),
    Scene("no-text", (Step(Say("")),)),
    _of("length"),
    _of("filtered"),
    _of("reasoning"),
    _of("split-utf8"),
    _changed("split-bytes", unchanged, _SAYS._replace(cut_at=rb"(?s)(?=.)")),
    _of("crlf"),
    _changed("comments", each_event(changes.with_comment)),
    _changed("other-events", each_event(changes.with_other_event)),
    _changed("data-in-lines", each_event(changes.in_lines)),
    _changed("no-blank", each_event(changes.without_blank)),
    _changed("bom", changes.with_bom),
    _changed("no-done", each_event(changes.without_end_marker)),
    _changed("gzip", changes.compressed),
    Scene("huge-line", (Step(Say("A long word: " + "x" * 1_000_000)),)),
    Scene("many-events", (Step(Say(" ".join(f"word{number}" for number in range(3_000)))),)),
    _of("early-hints"),
)
SCENE_BY_NAME = {scene.name: scene for scene in SCENES}
