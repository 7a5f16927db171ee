"""A page of HTML about the exchanges of a question: waterfall, heads, and the stream on a time slider.

It loads nothing, and runs one script, which its policy names by its hash (W3C, Content Security Policy Level 3):
nothing in an exchange can be markup or a script, and would not run if it were.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from chatbot.core.amounts import step_words
from chatbot.core.events import Verdict
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.http.outcome import asking
from chatbot.core.http.playback import Played, playback
from chatbot.core.http.seen import Read, arrivals
from chatbot.terminal.failures import explained
from chatbot.terminal.http.report_look import SCRIPT, STYLE
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.verbose import end_rows, event_rows, request_rows, response_rows
from chatbot.terminal.http.waterfall import Step, placed, request_names, steps
from chatbot.terminal.markdown.row import Row
from chatbot.terminal.sanitise import sanitise

_TICKS = 1000  # places on the strip where a chunk may stand
_HOLDS = "This page holds what was said: the question, all that was sent with it, and the answer. Keys were taken out."
_HOLDS_NO_WORDS = "This page holds no bodies: neither what was asked nor what was answered. Keys were taken out."


def report_page(exchanges: Sequence[SafeExchange], read: Read, about: Iterable[str], *, bodies: bool) -> str:
    """The page, in UTF-8. `read` says what an event means in their wire format; `about` are lines such as versions.
    Without `bodies` no word of the conversation is in it, only sizes and times.
    """
    played = [playback(exchange, read) for exchange in exchanges]
    data = [[_data(chunk, bodies=bodies) for chunk in chunks] for chunks in played]
    sections = [
        _section(number, *each, bodies=bodies)
        for number, each in enumerate(zip(request_names(exchanges), exchanges, played, strict=True))
    ]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width">\n<title>chat report</title>',
            f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>chat report</h1>",
            f"<p>{_HOLDS if bodies else _HOLDS_NO_WORDS}</p>",
            f"<pre>{_escaped(chr(10).join([verdict_text(exchanges), *about]))}</pre>",
            f"<h2>Where the time went</h2>\n{''.join(_waterfall(exchanges, played))}",
            *sections,
            f'<script type="application/json" id="data">{_script_json(data)}</script>',
            f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
        ]
    )


def verdict_text(exchanges: Sequence[SafeExchange]) -> str:
    """How the question ended, and what that means, as one line of text."""
    if not exchanges:
        return "no exchange"
    last = asking(exchanges)
    ended = last.verdict or last.end or "unfinished"
    meaning = explained(Verdict(last.verdict)) if last.verdict in list(Verdict) else ""
    status = "" if last.status is None else f"HTTP {last.status}"
    details = ", ".join(filter(None, [last.finish_reason, status, last.error]))
    return sanitise(" ".join(filter(None, [f"{ended}{f' ({details})' if details else ''}:", meaning]))).rstrip(":")


def _section(number: int, name: str, exchange: SafeExchange, played: tuple[Played, ...], *, bodies: bool) -> str:
    path = urlsplit(exchange.url).path
    title = f"{name.capitalize()}: POST {path}" if exchange.method == "POST" else name
    sent = exchange if bodies else SafeExchange(exchange._replace(request_body=b""))
    heads = _text([*request_rows(sent, 2), *response_rows(exchange, 2), *end_rows(exchange, 3)])
    return f"<section>\n<h2>{_escaped(title)}</h2>\n<pre>{_escaped(heads)}</pre>\n{_player(number, played)}</section>"


def _player(number: int, played: tuple[Played, ...]) -> str:
    if not played:
        return "<p>No byte of a body came.</p>\n"
    last_ms = max(played[-1].chunk.at_ms, 1.0)
    at = sorted({min(_TICKS, max(0, round(part.chunk.at_ms / last_ms * _TICKS))) for part in played})
    ticks = "".join(f"M{place} 0v10" for place in at)
    return (
        f'<div class="player" id="player{number}">\n'
        f'<svg viewBox="0 0 {_TICKS} 10" preserveAspectRatio="none"><path d="{ticks}"/></svg>\n'
        f'<input type="range" aria-label="time" min="0" max="{last_ms:.3f}" step="any" value="{last_ms:.3f}">\n'
        "<p><button>back</button> <button>forward</button> <button>play</button> <output></output></p>\n"
        "<h3>Bytes of the chunk</h3>\n<pre></pre>\n<h3>Events that it ends</h3>\n<pre></pre>\n"
        "<h3>Reasoning so far</h3>\n<pre></pre>\n<h3>Text so far</h3>\n<pre></pre>\n</div>\n"
    )


def _data(part: Played, *, bodies: bool) -> dict[str, Any]:
    """A chunk as the script reads it. Bytes that are no UTF-8, as at a border within a character, show as `\\xe2`."""
    chunk = part.chunk
    words = (
        {
            "raw": sanitise(chunk.data.decode("utf-8", "backslashreplace")),
            "events": _text(row for seen in part.events for row in event_rows(seen)),
            "text": sanitise(part.text),
            "reasoning": sanitise(part.reasoning),
        }
        if bodies
        else {}
    )
    return {"ms": chunk.at_ms, "at": step_words(chunk.at_ms), "bytes": len(chunk.data), **words}


def _waterfall(exchanges: Sequence[SafeExchange], played: Sequence[tuple[Played, ...]]) -> Iterator[str]:
    if not exchanges:
        return
    seen = [arrivals(event for part in chunks for event in part.events) for chunks in played]
    parts = [list(steps(exchange, arrived)) for exchange, arrived in zip(exchanges, seen, strict=True)]
    starts_ms, whole_ms = placed(exchanges, parts)
    yield '<div class="waterfall">'
    for exchange, part, start_ms, name in zip(exchanges, parts, starts_ms, request_names(exchanges), strict=True):
        status = exchange.status if exchange.status is not None else exchange.end or "no answer"
        yield f"<p>{_escaped(name)}: {_escaped(str(status))}</p>"
        ends_ms = part[-1].to_ms if part else 0.0
        waited = [Step("waited", ends_ms, ends_ms + exchange.wait.delay_s * 1000)] if exchange.wait else []
        for step in [*part, *waited]:
            yield _bar(step, start_ms, whole_ms)
    yield "</div>"


def _bar(step: Step, start_ms: float, whole_ms: float) -> str:
    took_ms = step.to_ms - step.from_ms
    left, width = (max(0, min(ms / whole_ms, 1)) for ms in (start_ms + step.from_ms, took_ms))
    kind = "pause" if step.name == "waited" else "step"
    bar = f'<i class="{kind}" style="margin-left:{left:.2%};width:{width:.2%}"></i>'
    return f"<div><b>{_escaped(step.name)}</b><span>{step_words(took_ms)}</span><u>{bar}</u></div>"


def _text(rows: Iterable[Row]) -> str:
    return as_text(rows, styles=False)


def _escaped(text: str) -> str:
    return html.escape(sanitise(text))


def _script_json(value: object) -> str:
    """JSON of ASCII without a sign that HTML knows: `<!--` and `</script>` would end or change the element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
