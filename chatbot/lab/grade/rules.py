"""The rules: pure functions from what was seen in a scene to what is found in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from chatbot.lab.grade.changes import DATE_WAIT_S, takes_gzip
from chatbot.lab.grade.observation import Found, Observation, failed, not_applicable, passed
from chatbot.lab.grade.waiting import compared, growth, shown_range

Rule = Callable[..., Found]

_CRASH = re.compile(
    r"Traceback \(most recent call last\)|^\s+at .+:\d+:\d+\)?$|^\s+at .+\(\w+\.\w+:\d+\)$"
    r"|^\s+at .+:line \d+$|^panic: |^goroutine \d+|^Exception in thread"
    r"|thread '.*' panicked|Segmentation fault|core dumped|UnhandledPromiseRejection|Unhandled exception"
    r"|^(PHP )?Fatal error: | at \S+ line \d+\.$|^\S+\.rb:\d+:in ",
    re.MULTILINE,
)
_BROKEN_PIPE = re.compile(r"BrokenPipe|Broken pipe|EPIPE")
_ORDERS = ("\x1b[31mred", "\x1b]0;owned", "\x1b]52;c;ZXZpbA==", "\x1b]8;;http://example.invalid", "\x9b31m", "ab\x08c")
_STOPPED = (130, -2)
_SHOWN_CHARS = 60
_KEY_PART_CHARS = 16  # `sk-lab-1a2b...9f0e` tells which key it is, and not the key
_SHOWN_WAITS, _FEW_RUNS = 8, 4
_PROMPT_S = 2.0
_SOON_S = 0.3
_EARLY_S = 0.1  # clocks
MOST_ATTEMPTS = 12


# The answer


def whole(seen: Observation) -> Found:
    """Standard output is the answer, and a line end at most; the exit code is 0."""
    if wrong := _not_asked(seen) or _not_ended(seen):
        return wrong
    out, says = seen.run.out, seen.says.encode()
    if out not in (says, says + b"\n"):
        return failed(_difference(out, says))
    if seen.run.code:
        return failed(f"the answer is whole, and {_exit(seen)}")
    return passed("the answer, byte for byte")


def ends_well(seen: Observation) -> Found:
    """A whole answer is a success."""
    if wrong := _not_asked(seen) or _not_ended(seen):
        return wrong
    return passed("exit code 0") if seen.run.code == 0 else failed(_exit(seen))


def live(seen: Observation) -> Found:
    """Words are written before the last one was sent."""
    if wrong := _not_asked(seen):
        return wrong
    if not seen.is_streamed:
        return failed("it asks for no stream, so nothing is seen until the end")
    first_s = _written_at_s(seen, seen.says.split(maxsplit=1)[0])
    if first_s is None or seen.sent_s is None:
        return failed(_wrote(seen))
    early_s = seen.sent_s - first_s
    if early_s < _SOON_S:
        return failed("the first word was written when the last one had come")
    return passed(f"the first word was written {early_s:.1f} s before the last one came")


def compressed(seen: Observation) -> Found:
    """As `whole`, of an answer that is compressed."""
    if wrong := _not_asked(seen):
        return wrong
    if not takes_gzip(seen.headers.get("accept-encoding", "")):
        return not_applicable("it asks for no compression")
    return whole(seen)


def harmless(seen: Observation) -> Found:
    """No order to the terminal comes through to one."""
    if wrong := _not_asked(seen) or _not_ended(seen):
        return wrong
    through = [order for order in _ORDERS if order.encode() in seen.run.out]
    if through:
        return failed(f"{', '.join(map(repr, through))} reached the terminal")
    return passed("no order reached the terminal") if b"Colour" in seen.run.out else failed(_wrote(seen))


# The request


def asked_once(seen: Observation) -> Found:
    """One question is one request."""
    return _once(seen, "one request", "{} requests for one question")


def well_formed(seen: Observation) -> Found:
    """Path, content type and body are those of the wire format."""
    if wrong := _not_asked(seen):
        return wrong
    received = seen.asked[0].received
    kind = received.headers.get("content-type", "")
    if not isinstance(received.json, dict):
        return failed("the body is no JSON object")
    if not kind.lower().startswith("application/json"):
        return failed(f"the content type is {kind or 'missing'}")
    missing = [name for name in _REQUIRED[seen.wire] if name not in received.json]
    if missing:
        return failed(f"{', '.join(missing)} is missing in the body")
    return passed(f"POST {received.path.partition('?')[0]}, {len(received.body)} bytes of JSON")


def question_unchanged(seen: Observation) -> Found:
    """The question arrives as it was typed."""
    if wrong := _not_asked(seen):
        return wrong
    if seen.question in _texts(seen.asked[0].received.json):
        return passed("every character arrived")
    if seen.question.strip() in "\n".join(_texts(seen.asked[0].received.json)):
        return passed("it arrived within more text")
    if seen.asked[0].received.json is None:
        return failed("the body is no JSON: the question broke it")
    return failed(f"what arrived: {_short(' | '.join(_texts(seen.asked[0].received.json)))}")


def reads_stdin(seen: Observation) -> Found:
    """The question can be piped in."""
    if not seen.takes_stdin:
        return not_applicable("the question is a part of a word of its command")
    return question_unchanged(seen)


# The key


def key_in_header(seen: Observation) -> Found:
    """In the header of the wire format, and not in the address."""
    if wrong := _not_asked(seen):
        return wrong
    received = seen.asked[0].received
    if seen.key in received.path:
        return failed("the key is in the address, where logs and proxies keep it")
    right = _KEY_HEADERS[seen.wire]
    if any(_without_scheme(received.headers.get(name, ""), before) == seen.key for name, before in right):
        return passed(f"in {right[0][0]}")
    held = [name for name, value in received.headers.items() if seen.key in value]
    return failed(f"it is in {held[0]}, not in {right[0][0]}" if held else f"there is no key in {right[0][0]}")


def key_not_in_words(seen: Observation) -> Found:
    """Not in the words of a process, which everybody can read."""
    if wrong := _not_asked(seen):
        return wrong
    if not any(seen.command_lines):
        return not_applicable("this system does not tell the words of a process")
    shown = [line for line in seen.command_lines if seen.key.encode() in line]
    if shown:
        return failed(
            f"ps shows it in the words of {shown[0].partition(chr(0).encode())[0].decode('utf-8', 'replace')}"
        )
    return passed("it is in no word of a process")


def key_not_shown(seen: Observation) -> Found:
    """Not in the output, although the server says it."""
    if wrong := _not_asked(seen):
        return wrong
    parts = [seen.key[at : at + _KEY_PART_CHARS] for at in range(len(seen.key) - _KEY_PART_CHARS + 1)]
    for name, text in (("standard output", seen.out), ("standard error", seen.err)):
        written = "".join(text.split())  # a line that is too long is broken anywhere
        if any(part in written for part in parts):
            return failed(f"the key stands on {name}" if seen.key in written else f"most of the key stands on {name}")
    return passed("it is shown nowhere")


def key_stays(seen: Observation) -> Found:
    """Another host does not get it."""
    if wrong := _not_asked(seen):
        return wrong
    for received in seen.elsewhere:
        held = [name for name, value in received.headers.items() if seen.key in value]
        if held or seen.key in received.path or seen.key.encode() in received.body:
            return failed(f"the other host got the key, in {held[0] if held else 'the request'}")
    return passed("the other host was asked without it" if seen.elsewhere else "the other host was not asked")


# Errors


def told(*words: str) -> Rule:
    """An error is told in words, one of these at least, and by the exit code; it is no crash. What is the same when
    an answer is whole tells nothing.
    """

    def rule(plain: Observation, seen: Observation) -> Found:
        if wrong := _not_asked(seen) or _not_ended(seen) or _crashed(seen):
            return wrong
        if seen.run.code == 0:
            return failed("exit code 0, as if all were well")
        if seen.run.code == plain.run.code:
            return failed(f"{_exit(seen)}, as where all is well")
        said = f"{seen.err}\n{seen.out}".strip() if words else seen.err.strip()
        if not said:
            return failed(f"{_exit(seen)}, and not a word")
        if words and not _news(words, said, plain):
            return failed(f"it does not say what it is: {_short(said)}")
        return passed(f"{_exit(seen)}: {_short(seen.err.strip() or said)}")

    return rule


def told_or_marked(*words: str) -> Rule:
    """Something beside the answer says so: words on standard error, or the exit code; not the same as always."""

    def rule(plain: Observation, seen: Observation) -> Found:
        if wrong := _not_asked(seen) or _not_ended(seen) or _crashed(seen):
            return wrong
        said = seen.err if seen.says.strip() else seen.err + seen.out
        if _news(words, said, plain):
            return passed(_short(said.strip()))
        if seen.run.code not in (0, plain.run.code):
            return passed(_exit(seen))
        return failed(f"{_exit(seen)}, and not a word" if not said.strip() else f"{_exit(seen)}: {_short(said)}")

    return rule


def out_is_clean(seen: Observation) -> Found:
    """An error is not where the answer belongs."""
    if wrong := _not_asked(seen) or _not_ended(seen):
        return wrong
    return failed(f"standard output has {_short(seen.out)}") if seen.out.strip() else passed("standard output is empty")


def no_page(plain: Observation, seen: Observation) -> Found:
    """HTML is not shown as an answer."""
    if "<html" in seen.out.lower() or "<!doctype" in seen.out.lower():
        return failed("the page stands on standard output, as an answer")
    return told()(plain, seen)


def kept(seen: Observation) -> Found:
    """What had come of the answer is on standard output."""
    if wrong := _not_asked(seen):
        return wrong
    words = " ".join(seen.out.split())
    if "The lab sends this answer" in words:
        again = words.count("The lab sends")
        return passed(_wrote(seen)) if again == 1 else failed(f"the beginning stands there {again} times")
    return failed(_wrote(seen))


def told_apart(rejected: Observation, busy: Observation, cut: Observation) -> Found:
    """A script can tell the kinds of failure from each other."""
    for seen in (rejected, busy, cut):
        if wrong := _not_asked(seen) or _not_ended(seen):
            return wrong
    codes = [seen.run.code for seen in (rejected, busy, cut)]
    shown = f"a rejected key: {codes[0]}, a busy service: {codes[1]}, a cut answer: {codes[2]}"
    return passed(shown) if len(set(codes)) == 3 and 0 not in codes else failed(shown)


# Waiting and asking again


def gives_up(seen: Observation) -> Found:
    """A silent server is waited for only so long."""
    if wrong := _not_asked(seen):
        return wrong
    if seen.run.ended == "exited":
        if crash := _crashed(seen):
            return crash
        took_s = seen.run.took_s - seen.asked[-1].at_s
        return passed(f"after {took_s:.1f} s, {_exit(seen)}") if seen.run.code else failed("exit code 0")
    if len(seen.asked) > 1:
        if seen.gaps_s[0] < _SOON_S:
            return failed(f"it asked again after {seen.gaps_s[0]:.1f} s, and did not wait for the first answer")
        return passed(f"it gave up, and asked again after {seen.gaps_s[0]:.1f} s")
    return failed(f"it still waited after {seen.run.took_s - seen.asked[-1].at_s:.0f} s, and was ended")


def waits(least_s: float) -> Rule:
    """The next question comes no earlier, and is answered; what it waits elsewhere (`usual`) is shorter."""

    def rule(seen: Observation, *usual: Observation) -> Found:
        if wrong := _not_asked(seen):
            return wrong
        if len(seen.asked) < 2:
            return failed("it did not ask again")
        if seen.gaps_s[0] < least_s - _EARLY_S:
            return failed(f"it asked again after {seen.gaps_s[0]:.2f} s")
        found = whole(seen)
        if found.verdict == "fail":
            return found
        longest_s = max((each.gaps_s[0] for each in usual if each.gaps_s), default=0.0)
        if longest_s > least_s - _EARLY_S:
            return not_applicable(f"it waits {longest_s:.1f} s where it is told nothing")
        return passed(f"it waited {seen.gaps_s[0]:.1f} s")

    return rule


def waits_for_date(seen: Observation, *usual: Observation) -> Found:
    """So too, where a second may be lost by rounding."""
    return waits(DATE_WAIT_S - 1)(seen, *usual)


def does_not_wait_an_hour(plain: Observation, seen: Observation) -> Found:
    """It neither comes back too early, nor waits without a word."""
    if wrong := _not_asked(seen):
        return wrong
    if len(seen.asked) > 1:
        return failed(f"it asked again after {seen.gaps_s[0]:.1f} s, not after an hour")
    if seen.run.ended != "exited":
        return failed("it went on waiting, and was ended")
    return told()(plain, seen)


def answered_in_the_end(seen: Observation) -> Found:
    """It asks again, and gets the answer."""
    if wrong := _not_asked(seen):
        return wrong
    if len(seen.asked) < 2:
        return failed(f"it did not ask again: {_exit(seen)}")
    found = whole(seen)
    return passed(f"the answer, at request {len(seen.asked)}") if found.verdict == "pass" else found


def waits_grow(*scenes: Observation) -> Found:
    """The last wait is longer than the first, by more than chance."""
    for seen in scenes:
        if wrong := _not_asked(seen):
            return wrong
    waits_s = [seen.gaps_s for seen in scenes]
    if not any(waits_s):
        return failed("it did not ask again")
    pairs = compared(waits_s)
    if not pairs:
        return not_applicable("it asked again once at most: there is no second wait")
    first_s, last_s = zip(*pairs, strict=True)
    shown = f"the first wait {shown_range(first_s)}, the last {shown_range(last_s)}, in {len(pairs)} runs"
    match growth(waits_s):
        case "grow":
            return passed(f"waits of {_longest_waits(waits_s)} s" if len(pairs) <= _FEW_RUNS else shown)
        case "even":
            return failed(shown)
        case "at once":
            return failed("it asks again at once")
        case "unclear":
            return not_applicable(f"there is too much chance in its waits to tell: {shown}")


def waits_are_unclear(*scenes: Observation) -> bool:
    """Whether it may be seen in more runs."""
    waits_s = [seen.gaps_s for seen in scenes]
    return bool(compared(waits_s)) and growth(waits_s) == "unclear"


def ends_after_retries(seen: Observation) -> Found:
    """Retries come to an end."""
    if wrong := _not_asked(seen):
        return wrong
    if seen.run.ended != "exited" or len(seen.asked) > MOST_ATTEMPTS:
        return failed(f"{len(seen.asked)} requests, and no end")
    return passed(f"it ended after {_requests(seen)}")


def not_again(seen: Observation) -> Found:
    """What cannot get better is not asked again."""
    return _once(seen, "it asked once", "it asked {} times")


def same_again(seen: Observation) -> Found:
    """What is asked again is the same question."""
    if wrong := _not_asked(seen):
        return wrong
    if len(seen.asked) < 2:
        return not_applicable("it did not ask again")
    first, *others = [asked.received.json for asked in seen.asked]
    return passed("the same") if all(each == first for each in others) else failed("the body had changed")


# How it ends


def stops_at_once(seen: Observation) -> Found:
    """Ctrl-C ends it."""
    if wrong := _not_asked(seen):
        return wrong
    at_s = seen.run.interrupted_s
    if at_s is None:
        return not_applicable(f"it had ended before: {_exit(seen)}")
    took_s = seen.run.took_s - at_s
    limit_s = max(_PROMPT_S, seen.asked[0].at_s)  # on a loaded machine the start takes long too, and longer than an end
    if seen.run.ended != "exited" or took_s > limit_s:
        return failed(f"it went on for {took_s:.1f} s")
    return passed(f"after {took_s:.1f} s")


def says_it_was_stopped(seen: Observation) -> Found:
    """By its exit code, and without a crash."""
    if wrong := _not_asked(seen) or _crashed(seen):
        return wrong
    if seen.run.interrupted_s is None:
        return not_applicable(f"it had ended before: {_exit(seen)}")
    if seen.run.ended != "exited":
        return failed("it did not end by Ctrl-C")
    return passed(_exit(seen)) if seen.run.code in _STOPPED else failed(_exit(seen))


def quiet_without_reader(seen: Observation) -> Found:
    """Where nobody reads the answer it ends, and does not crash."""
    if wrong := _not_asked(seen) or _not_ended(seen) or _crashed(seen):
        return wrong
    if _BROKEN_PIPE.search(seen.err):
        return failed(f"it says {_short(seen.err.strip())}")
    return passed(_exit(seen))


def nothing_left(seen: Observation) -> Found:
    """No process of it runs on."""
    if wrong := _not_ended(seen):
        return wrong
    return passed("nothing") if not seen.run.left else failed(f"{seen.run.left} ran on, and were ended")


# What is common


_REQUIRED = {
    "openai": ("model", "messages"),
    "responses": ("model", "input"),
    "anthropic": ("model", "messages", "max_tokens"),
    "gemini": ("contents",),
}
_BEARER = ("authorization", "Bearer ")
_KEY_HEADERS = {
    "openai": (_BEARER,),
    "responses": (_BEARER,),
    "anthropic": (("x-api-key", ""), _BEARER),
    "gemini": (("x-goog-api-key", ""),),
}


def _once(seen: Observation, once: str, more: str) -> Found:
    if wrong := _not_asked(seen):
        return wrong
    return passed(once) if len(seen.asked) == 1 else failed(more.format(len(seen.asked)))


def _not_asked(seen: Observation) -> Found | None:
    if seen.asked:
        return None
    return failed(f"no question came: {_exit(seen)} {_short(seen.err.strip())}".strip())


def _not_ended(seen: Observation) -> Found | None:
    match seen.run.ended:
        case "exited":
            return None
        case "too much":
            return failed("it wrote without end, and was ended")
        case _:
            return failed(f"it had not ended after {seen.run.took_s:.0f} s, and was ended")


def _crashed(seen: Observation) -> Found | None:
    if found := _CRASH.search(seen.err):
        return failed(
            f"a crash in the place of a sentence: {_short(seen.err[found.start() :].strip().splitlines()[-1])}"
        )
    return None


def _news(words: tuple[str, ...], said: str, plain: Observation) -> bool:
    """Whether one of the words is in what is said, and not in what is said of every answer."""
    pattern = re.compile("|".join(words))
    return bool({*pattern.findall(said.lower())} - {*pattern.findall(plain.err.lower())})


def _without_scheme(header: str, scheme: str) -> str:
    """What stands behind the scheme, in which case does not matter (RFC 9110, 11.1)."""
    return header[len(scheme) :] if header.lower().startswith(scheme.lower()) else ""


def _written_at_s(seen: Observation, word: str) -> float | None:
    """When a word of the answer stood on standard output."""
    out = b""
    for piece in seen.run.pieces:
        out += b"" if piece.is_error else piece.data
        if word.encode() in out:
            return piece.at_s
    return None


def _longest_waits(runs: Sequence[Sequence[float]]) -> str:
    return ", ".join(f"{wait_s:.1f}" for wait_s in max(runs, key=len)[:_SHOWN_WAITS])


def _exit(seen: Observation) -> str:
    code = seen.run.code
    return f"exit code {code}" if code >= 0 else f"ended by signal {-code}"


def _requests(seen: Observation) -> str:
    return "one request" if len(seen.asked) == 1 else f"{len(seen.asked)} requests"


def _wrote(seen: Observation) -> str:
    return f"it wrote {_short(seen.out)}" if seen.out.strip() else "it wrote nothing"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 1] + "…")


def _difference(out: bytes, says: bytes) -> str:
    """Where two texts part."""
    if not out.strip():
        return "it wrote nothing"
    at = next(
        (at for at, pair in enumerate(zip(out, says, strict=False)) if pair[0] != pair[1]), min(len(out), len(says))
    )
    before = max(0, at - 20)
    wrote, wanted = (text[before : at + 20].decode("utf-8", "backslashreplace") for text in (out, says))
    return f"from byte {at} on it wrote {wrote!r}, not {wanted!r}"


def _texts(value: Any) -> list[str]:
    """All texts in a document."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _texts(part)]
