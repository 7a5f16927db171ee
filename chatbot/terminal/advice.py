"""Advice in the words of a session, where the options of the command line do not exist."""

from __future__ import annotations

# That an answer is asked for again, or gone on with, is left out: the session says so itself, under the error.
_WORDS = (
    (r"[Ww]ait a little and run the same command again", "Wait a little"),
    (r"[Rr]un the same command again in a minute", "Wait a minute"),
    (r"[Rr]un the same command again\.?", ""),
    (r"try again later, or another", "wait a little, or try another"),
    (r"[Ll]eave out its oldest turns with --truncate TOKENS", "Begin anew with /new"),
    (r"leave out old turns with --truncate TOKENS", "begin anew with /new"),
    (r"chat logs list\b", "/history"),
    (r"--var (\w+=)", r"\1"),
    (r", set with name=value", ", set with /template NAME name=value"),
    (r"that --provider\b", "that the provider"),
    (r"leave --var out", "leave the values out"),
    (r"\b(with|to) --(file|image|attach)\b", r"\1 /\2"),
    (r"\bwith -m\b", "with /model"),
    (r"with --cacert or SSL_CERT_FILE", "in SSL_CERT_FILE"),
    (r"--cacert FILE", "CHAT_CACERT=FILE"),
    (r"Check --proxy,", "Check CHAT_PROXY,"),
    (r"; --proxy '' and NO_PROXY do without", "; NO_PROXY does without"),
    (r"; --proxy '' does without", ""),
    (r"Name it with /model", "Name it with /model NAME"),
)


def in_session(advice: str) -> str:
    """The same advice for somebody who is in a session; empty where the session says it anyway."""
    import re  # only when something went wrong

    for command_line, session in _WORDS:
        advice = re.sub(command_line, session, advice)
    return advice.strip()
