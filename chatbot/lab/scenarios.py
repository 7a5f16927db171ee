"""Faults on demand, as a table: the name of the model chooses the row."""

from __future__ import annotations

from functools import cache

from chatbot.core.conversations.joining import LEAST_OVERLAP
from chatbot.lab import guide
from chatbot.lab.answers import Asked, Ending, Fault
from chatbot.lab.calling import UseOfTools, results_in_words
from chatbot.lab.replies import (
    INSIDE_CHARACTERS,
    INSIDE_CRLF,
    Raw,
    Refuse,
    RefuseAttachments,
    RefuseParameters,
    Say,
    Silence,
    Turn,
)
from chatbot.records import NamedTuple

LONG_TOKENS = 20_000


class Scenario(NamedTuple):
    """`happens` and `teaches` are one sentence each.

    `turns` follow each other over the requests to one server, and start over after the last.
    """

    name: str
    happens: str
    teaches: str
    turns: tuple[Turn, ...]


def _guided(asked: Asked) -> str:
    return guide.answer(asked.question, guide.manual())


def _echoed(asked: Asked) -> str:
    return "\n".join([asked.question, *(f"[{file}]" for file in asked.attachments)])


def _long(_asked: Asked) -> str:
    return _long_text()


@cache
def _long_text() -> str:
    return "".join(f"word{number}{chr(10) if number % 12 == 0 else ' '}" for number in range(1, LONG_TOKENS)) + "end."


def _scenario(name: str, happens: str, teaches: str, *turns: Turn) -> Scenario:
    return Scenario(name, happens, teaches, turns)


def _calling(name: str, happens: str, teaches: str, how: UseOfTools) -> Scenario:
    return _scenario(name, happens, teaches, Say(results_in_words, tools=how))


_TEXT = "The lab sends this answer one word at a time, so that there is something to see, to stop and to break."
_FINE = Say("This time everything is fine.")
_HTML = b"<!DOCTYPE html>\n<html><head><title>%s</title></head>\n<body><h1>%s</h1><hr>nginx</body></html>\n"
_ESCAPES = (
    "Colour \x1b[31mred\x1b[0m, cleared screen \x1b[2J\x1b[H, a title \x1b]0;owned\x07, the clipboard "
    "\x1b]52;c;ZXZpbA==\x07, a link \x1b]8;;http://example.invalid\x1b\\here\x1b]8;;\x1b\\, C1 \x9b31m, a bell \x07, "
    "a backspace ab\x08c, a carriage return one\rtwo, text direction \u202egnp.exe\u202c and \u2066isolate\u2069. End."
)
_MARKDOWN = """# A heading

A paragraph with **bold**, *italic*, `code`, ~~struck~~ text and [a link](https://example.com).

## A list

1. First
   - nested, with **bold**
   - nested again
2. Second
- [x] a task that is done
- [ ] a task that is not

> A quotation
> over two lines.

| Fruit | Number | Price |
|:------|:------:|------:|
| Apple | 3      | 1.20  |
| 梨    | 12     | 10.00 |

```python
def greet(name: str) -> str:
    return f"Hello, {name}!"  # not *italic*
```

---

The last line has no end."""
_IN_CODE = 79  # tokens up to the middle of the code


def _rest(asked: Asked) -> str:
    """From the last words on that the request asks to be repeated; all of it, where it asks for nothing of that."""
    repeated = 0
    while repeated < len(asked.question) and asked.question[-repeated - 1 :] in _MARKDOWN:
        repeated += 1
    return _MARKDOWN[_MARKDOWN.find(asked.question[-repeated:]) :] if repeated >= LEAST_OVERLAP else _MARKDOWN


SCENARIOS: tuple[Scenario, ...] = (
    _scenario(
        "guide",
        "Questions about this program are answered from its own manual.",
        "The whole way from question to answer works without a key and without a network.",
        Say(_guided),
    ),
    _scenario(
        "echo",
        "The answer is the question, and a line for each attachment.",
        "What really reaches the model.",
        Say(_echoed),
    ),
    _scenario(
        "markdown",
        "The answer is a sample of rich Markdown.",
        "How headings, lists, tables and code look while they grow.",
        Say(_MARKDOWN),
    ),
    _scenario(
        "reasoning",
        "The model reasons before it answers, in the wire format's own fields.",
        "Reasoning is not part of the answer.",
        Say("Forty-two.", reasoning="The question is six times seven. That is forty-two."),
    ),
    _scenario(
        "slow",
        "The words of the answer come slowly.",
        "The answer is shown as it comes, and can be stopped at any time.",
        Say(_TEXT, paced=True),
    ),
    _scenario(
        "long",
        f"The answer has {LONG_TOKENS} tokens.",
        "Time and memory grow evenly with the length.",
        Say(_long),
    ),
    _scenario(
        "wrong-key",
        "The key is rejected (HTTP 401; Gemini says 400).",
        "What a wrong, expired or withdrawn key looks like.",
        Refuse(Fault.WRONG_KEY),
    ),
    _scenario(
        "no-permission",
        "The key is known but not allowed (HTTP 403).",
        "A permission is not a key: trying another key of the same account does not help.",
        Refuse(Fault.NO_PERMISSION),
    ),
    _scenario(
        "unknown-model",
        "The model does not exist (HTTP 404).",
        "The server's list of models (GET .../models) tells the right names.",
        Refuse(Fault.UNKNOWN_MODEL),
    ),
    _scenario(
        "context-too-long",
        "The conversation does not fit the model (HTTP 400).",
        "Models read a limited number of tokens; sending the same again cannot help.",
        Refuse(Fault.CONTEXT_TOO_LONG),
    ),
    _scenario(
        "unsupported-parameter",
        "Refused while max_tokens, temperature or top_p is sent, as newer models do (HTTP 400).",
        "Send the request once more without the parameter, or with its newer name.",
        RefuseParameters(("max_tokens", "temperature", "top_p", "topP"), _FINE),
    ),
    _scenario(
        "old-parameter",
        "Refused while stream_options or max_completion_tokens is sent, as older servers do (HTTP 400).",
        "Send the request once more without the parameter, or with its older name.",
        RefuseParameters(("stream_options", "max_completion_tokens"), _FINE),
    ),
    _scenario(
        "no-attachments",
        "Refused while any question has an attachment, also an earlier one (HTTP 400).",
        "What one model could read breaks the whole conversation with the next, unless it is left out.",
        RefuseAttachments("This model does not support image, audio or file inputs.", _FINE),
    ),
    _scenario(
        "attachment-too-large",
        "An attachment makes the request too large (HTTP 413).",
        "A size limit counts what goes over the wire: Base64 is a third longer than the file.",
        RefuseAttachments("Request body is too large.", _FINE, 413),
    ),
    _scenario(
        "rate-limited",
        "Too many requests, wait one second (HTTP 429 with Retry-After: 1); then fine.",
        "Wait as long as the server asks, then ask again.",
        Refuse(Fault.RATE_LIMITED, retry_after="1"),
        _FINE,
    ),
    _scenario(
        "quota",
        "The credit is used up (HTTP 429 without Retry-After; Anthropic says 400).",
        "Not every 429 goes away by waiting.",
        Refuse(Fault.QUOTA),
    ),
    _scenario(
        "overloaded",
        "No capacity, twice (HTTP 503; Anthropic says 529); then fine.",
        "Waiting longer each time, with a little chance in it, gets the answer.",
        Refuse(Fault.OVERLOADED),
        Refuse(Fault.OVERLOADED),
        _FINE,
    ),
    _scenario(
        "always-500",
        "The server fails inside, every time (HTTP 500).",
        "Retries must come to an end.",
        Refuse(Fault.SERVER),
    ),
    _scenario(
        "html-502",
        "A proxy's HTML error page (HTTP 502).",
        "Between you and the model there are machines that speak HTML.",
        Raw(502, "text/html", _HTML % (b"502 Bad Gateway", b"502 Bad Gateway")),
    ),
    _scenario(
        "hang-before-headers",
        "The request is taken, and nothing comes.",
        "Only a timeout tells a hanging server from a thinking one.",
        Silence("hang"),
    ),
    _scenario(
        "hang-in-stream",
        "Some words, then nothing more comes.",
        "The idle timeout counts from the last byte, not from the first.",
        Say(_TEXT, stop_after=7, then="hang"),
    ),
    _scenario(
        "reset-before-headers",
        "The connection is reset (TCP RST) before any byte of an answer.",
        "Nothing was answered, so asking again is safe.",
        Silence("reset"),
    ),
    _scenario(
        "cut",
        "Some words, then the connection breaks.",
        "Half an answer is kept, and is not a whole answer.",
        Say(_TEXT, stop_after=7, then="close"),
    ),
    _scenario(
        "cut-once",
        "The connection breaks in the middle of code; the next request gets the rest, if it asks for that.",
        "What came need not be asked for, and paid, again: --continue-cut, or /continue in a session.",
        Say(_MARKDOWN, stop_after=_IN_CODE, then="close"),
        Say(_rest),
    ),
    _scenario(
        "no-end-marker",
        "Some words, then a clean end of the body, without finish reason and end marker.",
        "The end of the bytes is not the end of the answer.",
        Say(_TEXT, stop_after=7),
    ),
    _scenario(
        "error-in-stream",
        "Some words, then an error as an event of the stream.",
        "HTTP 200 promises nothing about what follows.",
        Say(_TEXT, stop_after=7, fault=Fault.OVERLOADED),
    ),
    _scenario(
        "error-200",
        "An error body with HTTP 200.",
        "The status alone does not say that it went well.",
        Refuse(Fault.SERVER, status=200),
    ),
    _scenario(
        "empty-200",
        "HTTP 200 and not one byte of body.",
        "Nothing is an error, not an empty answer.",
        Raw(200, "text/event-stream", b""),
    ),
    _scenario(
        "html-200",
        "An HTML page with HTTP 200, as login pages of networks and wrong base URLs send it.",
        "Look at what came before reading it as an answer.",
        Raw(200, "text/html", _HTML % (b"Welcome", b"Please sign in")),
    ),
    _scenario(
        "early-hints",
        "Three interim responses (103 Early Hints) come before the answer.",
        "What comes before the answer is not the answer; mistaken for it, every later one is one too early.",
        Say("The answer is behind its early hints.", early_hints=3),
    ),
    _scenario(
        "error-body-hangs",
        "The key is rejected, and the body of the error stalls in its middle.",
        "The status says enough; the rest is not worth a long wait.",
        Refuse(Fault.WRONG_KEY, then="hang"),
    ),
    _scenario(
        "not-http",
        "What answers greets as an SSH server does.",
        "Something listens at the port; asking it again in HTTP cannot help.",
        Silence("close", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ),
    _scenario(
        "huge-usage",
        "The answer is whole, and its usage counts 2^64-1 tokens.",
        "Numbers from a server are claims; one that cannot be true was not said.",
        Say("The answer is whole.", counted=2**64 - 1),
    ),
    _scenario(
        "key-echo",
        "The server gives the key back, as the id of the request.",
        "A key is hidden wherever it comes back: on the screen, in JSON, in the history.",
        Say("The answer is whole.", echoes_key=True),
    ),
    _scenario(
        "split-utf8",
        "Characters of several bytes arrive in pieces.",
        "Bytes become text only when a character is whole.",
        Say("Grüße, 世界, здравствуй, 👩‍🚀 and 🇫🇷!", cut_at=INSIDE_CHARACTERS),
    ),
    _scenario(
        "crlf",
        "The stream's lines end with CRLF, and the two bytes come apart.",
        "Server-sent events know three line ends, and a pair may be split.",
        Say(_TEXT, crlf=True, cut_at=INSIDE_CRLF),
    ),
    _scenario(
        "escapes",
        "The answer has terminal escape sequences, a clipboard write (OSC 52) and text direction marks.",
        "Text from a model must not give orders to the terminal.",
        Say(_ESCAPES),
    ),
    _scenario(
        "length",
        "The answer stops at the token limit.",
        "The finish reason says that there would be more.",
        Say("The answer goes on and on until the limit is", ending=Ending.LENGTH),
    ),
    _scenario(
        "refusal",
        "The model declines to answer (Gemini blocks the question).",
        "A refusal is told in a field of its own, not as an error.",
        Say("I can't help with that.", ending=Ending.REFUSED),
    ),
    _scenario(
        "filtered",
        "The provider's filter stops the answer (Anthropic says HTTP 400).",
        "A filter can stop an answer that has begun.",
        Say("This begins like any other answer, but", ending=Ending.FILTERED),
    ),
    _scenario(
        "ignores-schema",
        "A schema changes nothing: the answer is words.",
        "Not every server knows schemas; what came is checked, and says so.",
        Say("The lab answers in words on purpose.", schema="ignores"),
    ),
    _scenario(
        "breaks-schema",
        "The answer does not fit the schema; asked again, it does.",
        "A model that is told what is wrong usually mends it: --repair.",
        Say("The schema is broken.", schema="breaks"),
        Say("The schema is met."),
    ),
    _scenario(
        "fenced-json",
        "The document that fits the schema stands in a Markdown block.",
        "Models like to wrap JSON in words; the JSON is what counts.",
        Say("There is no schema.", schema="fences"),
    ),
    _scenario(
        "tools",
        "Every tool that is offered is called, and the answer is what they said.",
        "The way from a question over a call and its result to the answer.",
        Say(results_in_words),
    ),
    _calling(
        "parallel-calls",
        "Every tool is called twice at once.",
        "Several calls of one answer are made side by side, and each result finds its call.",
        "twice",
    ),
    _calling(
        "mixed-calls",
        "The pieces of two calls come in turn.",
        "A piece belongs to the call that it names.",
        "mixed",
    ),
    _calling(
        "calls-in-pieces",
        "The arguments of a call come one character at a time.",
        "A call is whole when the answer is.",
        "pieces",
    ),
    _calling(
        "broken-arguments",
        "The arguments of the first call are no JSON (Gemini ends with MALFORMED_FUNCTION_CALL).",
        "A model that is told what is wrong with its call can go on.",
        "broken",
    ),
    _calling(
        "unknown-tool",
        "The first call is to a tool that was never offered.",
        "The model is told which tools there are.",
        "unknown",
    ),
    _calling(
        "call-without-id",
        "The calls have no ids.",
        "Results need an id on most wire formats: the client makes one.",
        "nameless",
    ),
    _calling(
        "cut-call",
        "The connection ends in the middle of a call.",
        "Half a call is never made.",
        "cut",
    ),
    _calling(
        "signed-calls",
        "The model reasons before its calls, and wants that back with their results, or says HTTP 400.",
        "Signatures and reasoning are handed back unchanged.",
        "signed",
    ),
)

NAMES = tuple(scenario.name for scenario in SCENARIOS)
OLD_NAMES = {"thinking": "reasoning"}  # go on working, and are listed nowhere
BY_NAME = dict(zip(NAMES, SCENARIOS, strict=True))
BY_NAME |= {old: BY_NAME[name] for old, name in OLD_NAMES.items()}
