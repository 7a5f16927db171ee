"""Commands that ask: a question, the last one again, the rest of an answer."""

from __future__ import annotations

from chatbot.core.errors import ChatError, OutputUnwritable, UsageError
from chatbot.core.events import Verdict
from chatbot.terminal import talk as talks
from chatbot.terminal.failures import error_lines
from chatbot.terminal.fences import ends_in_code
from chatbot.terminal.talk import Ask, Talk
from chatbot.terminal.world import NO_EDITOR, Here, needed

_NO_QUESTION = "nothing was asked yet"
_STOPPED = "stopped; "
_EMPTY = "the conversation is empty again"


def exchange(here: Here, talk: Talk, asked: Ask) -> Talk:
    """Asks, and shows the answer. Whatever happens, the question stays in reach. Raises OutputUnwritable."""
    began_s = here.world.clock()
    stopped = ""
    try:
        outcome = here.world.answer(asked)
    except OutputUnwritable:
        raise
    except ChatError as error:
        here.voice.error(error_lines(error, in_session=True))
        after = talks.left_unanswered(talk, asked)
    except KeyboardInterrupt:
        stopped = _STOPPED
        after = talks.left_unanswered(talk, asked)
    else:
        stopped = _STOPPED if outcome.finished.verdict is Verdict.CANCELLED else ""
        after = talks.answered(talk, asked, outcome)
        if outcome.text.strip():
            after = after._replace(last_took_s=here.world.clock() - began_s)
    after = after._replace(asked_count=talk.asked_count + 1)
    if after.unanswered:
        here.voice.notice(f"{stopped}/retry asks it again; it is left out when you ask something else")
    elif talks.can_go_on(after):
        here.voice.notice(f"{stopped}/continue goes on, /retry asks again")
    elif after.verdict is not Verdict.COMPLETE:
        here.voice.notice(f"{stopped}/retry asks again")
    return after


def retry(here: Here, talk: Talk, argument: str) -> Talk:
    del argument
    again = talks.ask_again(talk)
    if again is None:
        raise UsageError(_NO_QUESTION)
    here.voice.question(talks.last_question(talk))
    return exchange(here, talk, again)


def go_on(here: Here, talk: Talk, argument: str) -> Talk:
    """Streams the rest. Where the answer broke off inside of code, it is then shown as a whole."""
    del argument
    before = talks.last_answer(talk)
    if talk.unanswered:
        raise UsageError("the last question has no answer to go on from", advice="/retry asks it again.")
    if not before:
        raise UsageError("there is no answer to go on from")
    if not talks.can_go_on(talk):
        raise UsageError("the last answer came to its end", advice="Ask for more in your own words.")
    after = exchange(here, talk, talks.go_on(talk))
    whole = talks.last_answer(after)
    if whole != before and ends_in_code(before):
        here.voice.notice("the whole answer:")
        here.world.show(whole, after.raw)
    return after


def undo(here: Here, talk: Talk, argument: str) -> Talk:
    del argument
    after = talks.undone(talk)
    if after is None:
        raise UsageError(_NO_QUESTION)
    here.world.withdraw(talks.last_is(talk))
    before = talks.last_question(after)
    taken = first_line(talks.last_question(talk))
    here.voice.tell([f"taken back: {taken}", f"the last question is now: {first_line(before)}" if before else _EMPTY])
    return after


def edit(here: Here, talk: Talk, argument: str) -> Talk:
    """The last question in the editor; what comes back is asked in its place."""
    del argument
    question = talks.last_question(talk)
    if not question:
        raise UsageError(_NO_QUESTION)
    text = needed(here.world.edit, NO_EDITOR)(question)
    if text is None or not text.strip() or text == question:
        here.voice.tell(["nothing was changed, so nothing was asked"])
        return talk
    instead = talks.ask_instead(talk, text)
    if instead is None:
        return talk
    here.voice.question(text)
    return exchange(here, talk, instead)


def new(here: Here, talk: Talk, argument: str) -> Talk:
    del argument
    here.world.begin_anew()
    here.voice.tell(["a new conversation"])
    return talks.begun_anew(talk)


def first_line(text: str) -> str:
    """The beginning of a text, for a list or a sentence."""
    line = " ".join(text[:400].split())
    return line if len(line) <= 60 else line[:59] + "…"
