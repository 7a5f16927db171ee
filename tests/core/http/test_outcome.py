"""What became of an answer stands in the record of its last exchange."""

from __future__ import annotations

from chatbot.core.errors import ConnectionLost
from chatbot.core.events import Finished, Usage, Verdict
from chatbot.core.http.outcome import with_outcome
from tests.terminal.http.records import ANSWERED

RUNNING = ANSWERED._replace(end="", verdict="", usage=None, moments=ANSWERED.moments._replace(ended_ms=None))


def test_an_answer_whose_own_end_was_seen_ended_with_its_last_chunk() -> None:
    seen = with_outcome(RUNNING, Finished(Verdict.COMPLETE, finish_reason="stop", usage=Usage(1, 2), model="other"))
    assert (seen.end, seen.verdict, seen.finish_reason, seen.usage) == ("eof", "complete", "stop", Usage(1, 2))
    assert (seen.moments.ended_ms, seen.model) == (500.0, "other")
    assert with_outcome(RUNNING._replace(end="cancelled"), Finished(Verdict.COMPLETE)).end == "eof"


def test_what_a_connection_gave_after_the_person_stopped_it_is_no_error() -> None:
    stopped = with_outcome(RUNNING._replace(end="reset", error="it broke off"), Finished(Verdict.CANCELLED))
    assert (stopped.end, stopped.error, stopped.verdict) == ("cancelled", "", "cancelled")


def test_a_cut_answer_stays_cut() -> None:
    cut = with_outcome(
        ANSWERED._replace(end="reset", error="it broke off"),
        Finished(Verdict.CUT, error=ConnectionLost("it broke off")),
    )
    assert (cut.end, cut.error, cut.moments.ended_ms, cut.model) == ("reset", "it broke off", 700.0, "gpt")
